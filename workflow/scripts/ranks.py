"""Draw the overall ranks."""

from pathlib import Path

from joblog import log_to

from autosmote.analysis.methods import main_comparison
from autosmote.figures.ranks import plot
from autosmote.storage import read_frame

log_to(snakemake.log[0])
plot(main_comparison(read_frame(snakemake.input.scores)), Path(snakemake.output.png).with_suffix(""))
