"""Search for the best synthetic samples for one task, classifier and metric."""

from pathlib import Path

import torch
from joblog import log_to

from autosmote.datasets.tasks import load_task
from autosmote.study import layout
from autosmote.study.doors import add_entries
from autosmote.study.search_job import run_search

log_to(snakemake.log[0])
add_entries(snakemake.config)
use_cuda = snakemake.resources.gpu >= 1 and torch.cuda.is_available()
folder = Path(snakemake.output.result).parent
# Not an output, so that it outlives a job that is killed.
checkpoint = folder / layout.CHECKPOINT
outcome = run_search(
    load_task(snakemake.input.task),
    snakemake.wildcards.classifier,
    snakemake.wildcards.metric,
    snakemake.params.settings,
    # The searches of the hyperparameter study are all AutoSMOTE's.
    strategy=snakemake.wildcards.get("strategy", "autosmote"),
    actors=snakemake.threads,
    evaluator=snakemake.config["search"]["evaluator"],
    device="cuda" if use_cuda else "cpu",
    log=print,
    checkpoint=checkpoint,
)
outcome.save(folder)
checkpoint.unlink(missing_ok=True)
