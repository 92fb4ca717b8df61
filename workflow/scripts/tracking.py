"""Bring the MLflow store up to date with the results."""

from dataclasses import asdict
from pathlib import Path

from joblog import log_to

from autosmote.tracking.sync import sync
from autosmote.utils.storage import write_json

log_to(snakemake.log[0])
report = sync(
    # Not the configured folder: with an object store the results are in a local copy.
    Path(snakemake.input.scores).parent,
    study=snakemake.params.study,
    tracking_uri=snakemake.params.tracking_uri,
)
if report.problems:
    raise SystemExit("\n".join(report.problems))
print(report)
write_json(asdict(report), snakemake.output.report)
