"""Make Table 1."""

from pathlib import Path

from joblog import log_to

from autosmote.analysis.tables import table1, write_table
from autosmote.datasets.sources import load_dataset
from autosmote.datasets.tasks import dataset_summary

log_to(snakemake.log[0])
datasets = [
    load_dataset(data, facts) for data, facts in zip(snakemake.input.data, snakemake.input.facts, strict=True)
]
summaries = [dataset_summary(dataset, snakemake.params.imbalance_ratios) for dataset in datasets]
write_table(table1(summaries), Path(snakemake.output.csv).with_suffix(""))
