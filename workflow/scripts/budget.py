"""Draw the rank of the searches by their number of iterations."""

from pathlib import Path

from joblog import log_to

from autosmote.analysis.learning_curves import load
from autosmote.figures import anytime as budget
from autosmote.utils.storage import read_frame

log_to(snakemake.log[0])
budget.plot(
    read_frame(snakemake.input.scores),
    load(snakemake.input.courses),
    Path(snakemake.output[0]).with_suffix(""),
    ratios=snakemake.params.ratios,
)
