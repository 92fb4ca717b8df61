"""Draw Figure 6."""

from pathlib import Path

from joblog import log_to

from autosmote.figures.figure6 import plot
from autosmote.utils.storage import read_frame

log_to(snakemake.log[0])
plot(read_frame(snakemake.input.scores), Path(snakemake.output[0]).with_suffix(""))
