"""Collect the results of all jobs in the score table."""

from joblog import log_to

from autosmote.analysis.joining import with_settings
from autosmote.analysis.scores import collect
from autosmote.utils.storage import read_json, write_frame

log_to(snakemake.log[0])
scores = collect([*snakemake.input.baselines, *snakemake.input.searches])
# Two parts of a study can be joined if they have the same settings and the same data.
facts = map(read_json, snakemake.input.facts)
checksums = {f"datasets.{data['name']}.checksum": data["checksum"] for data in facts}
write_frame(with_settings(scores, snakemake.params.settings | checksums), snakemake.output.scores)
print(scores["status"].value_counts().to_string())
