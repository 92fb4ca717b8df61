"""Collect the learning curves of the searches on one data set."""

from joblog import log_to

from autosmote.analysis.learning_curves import collect
from autosmote.utils.storage import write_frame

log_to(snakemake.log[0])
write_frame(collect(snakemake.input.results), snakemake.output.learning_curves)
