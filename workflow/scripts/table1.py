"""Make Table 1."""

from pathlib import Path

from joblog import log_to

from autosmote.datasets.sources import load_dataset
from autosmote.datasets.tasks import dataset_summary
from autosmote.tables import beside_paper, table1
from autosmote.tables.rendering import write_table

log_to(snakemake.log[0])
datasets = zip(snakemake.input.data, snakemake.input.facts, snakemake.params.domains, strict=True)
summaries = [
    dataset_summary(
        load_dataset(data, facts), snakemake.params.imbalance_ratios, domain, **snakemake.params.task
    )
    for data, facts, domain in datasets
]
for warning in table1.warnings(summaries):
    print(warning)
stem = Path(snakemake.output.table1_html).with_suffix("")
write_table(table1.make(summaries), stem)
write_table(beside_paper.table1(summaries), f"{stem}_beside_paper")
