# The study of AutoSMOTE as a workflow. Start with config/README.md; `snakemake --list-target-rules` lists what can be made.
from pathlib import Path

import yaml
from snakemake.utils import min_version, update_config

min_version("9.10")

# The folder of this file, also where another Snakefile includes it or uses it as a module.
ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))


# The paper's study, also the defaults for any file given with --configfile.
configfile: ROOT / "config" / "config.yaml"


# `--resources gpu=1` says that there is a GPU.
if "gpu" in workflow.global_resources and workflow.global_resources["gpu"].value:

    configfile: ROOT / "config" / "gpu.yaml"


# A module has the configuration that it is given, and no file: it too states only what differs.
with open(ROOT / "config" / "config.yaml") as file:
    DEFAULTS = yaml.safe_load(file)
update_config(DEFAULTS, config)
config.update(DEFAULTS)


# The first page of `snakemake --report`.
report: "workflow/report/workflow.rst"


include: "rules/common.smk"


rule all:
    """Everything: tables, figures, pages and MLflow records of the configured study (default)."""
    default_target: True
    input:
        # Named here as well, because Snakemake replaces a lost file only if the target asks for it.
        cells(BASELINE),
        searches(SEARCH),
        TABLES,
        FIGURES,
        PAGES,
        TRACKED,


include: "rules/data.smk"
include: "rules/search.smk"
include: "rules/baselines.smk"
include: "rules/extra.smk"
include: "rules/report.smk"
include: "rules/tracking.smk"
include: "rules/archive.smk"
