"""Collect the results of all jobs in the score table."""

from joblog import log_to

from autosmote.analysis.scores import collect
from autosmote.utils.storage import write_frame

log_to(snakemake.log[0])
scores = collect(snakemake.input)
write_frame(scores, snakemake.output.scores)
print(scores["status"].value_counts().to_string())
