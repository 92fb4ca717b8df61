"""Over-sample the data set of the case study with each method."""

from pathlib import Path

from joblog import log_to

from autosmote.datasets.sources import load_dataset
from autosmote.study.case_study import run
from autosmote.study.doors import add_entries

log_to(snakemake.log[0])
add_entries(snakemake.config)
case = run(
    load_dataset(snakemake.input.data, snakemake.input.facts),
    **snakemake.params.case,
    ratios=snakemake.params.ratios,
    search=snakemake.params.search,
    task_settings=snakemake.params.task,
    methods=snakemake.params.methods,
)
case.save(Path(snakemake.output.rows).with_suffix(""))
