"""Pack a study into one file."""

import json
from pathlib import Path, PurePath

import yaml
from joblog import log_to

from autosmote.study.archive import pack, published, versions

log_to(snakemake.log[0])
members = {
    "config.yaml": yaml.safe_dump(
        published(snakemake.config, snakemake.params.sources), sort_keys=False
    ).encode(),
    "versions.txt": versions().encode(),
}
for name in ("scores", "hyperparameters", "case_study", "licence"):
    for path in map(Path, snakemake.input.get(name, [])):
        members[path.name] = path.read_bytes()
for path in map(Path, snakemake.input.learning_curves):
    members[f"learning_curves/{path.name}"] = path.read_bytes()
for path in map(Path, snakemake.input.facts):
    facts = json.loads(path.read_text(encoding="utf-8"))
    if facts["source"] == "csv" and "://" not in facts["origin"]:
        facts["origin"] = PurePath(facts["origin"]).name
    members[f"data/{path.name}"] = (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode()
print(pack(members, snakemake.output.archive), snakemake.output.archive)
