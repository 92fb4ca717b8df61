"""Draw the rank of the searches by their number of iterations."""

from pathlib import Path

from joblog import log_to

from autosmote.figures import budget
from autosmote.storage import read_frame

log_to(snakemake.log[0])
scores, courses = read_frame(snakemake.input.scores), read_frame(snakemake.input.courses)
budget.plot(scores, courses, Path(snakemake.output[0]).with_suffix(""))
