"""Search for the best synthetic samples of one task, for one or several classifiers and metrics."""

from pathlib import Path

import torch
from joblog import log_to

from autosmote.datasets.tasks import load_task
from autosmote.study.doors import add_entries
from autosmote.study.search_batch import run_batch

log_to(snakemake.log[0])
add_entries(snakemake.config)
use_cuda = snakemake.resources.gpu >= 1 and torch.cuda.is_available()
cells = map(tuple, snakemake.params.cells)
run_batch(
    load_task(snakemake.input.task),
    {cell: Path(result).parent for cell, result in zip(cells, snakemake.output.result, strict=True)},
    snakemake.params.settings,
    # The searches of the hyperparameter study are all AutoSMOTE's.
    strategy=snakemake.wildcards.get("strategy", "autosmote"),
    actors=snakemake.threads,
    evaluator=snakemake.config["search"]["evaluator"],
    device="cuda" if use_cuda else "cpu",
)
