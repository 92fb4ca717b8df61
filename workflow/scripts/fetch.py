"""Fetch one data set."""

from joblog import log_to

from autosmote.datasets.sources import fetch, save_dataset

log_to(snakemake.log[0])
dataset = fetch(
    snakemake.wildcards.dataset, snakemake.params.source, openml_cache=snakemake.config["openml"]["cache"]
)
save_dataset(dataset, snakemake.output.data, snakemake.output.facts)
print(dataset.meta)
