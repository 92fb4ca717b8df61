"""Under-sample one data set to an imbalance ratio and split it."""

from joblog import log_to

from autosmote.datasets.sources import load_dataset
from autosmote.datasets.tasks import NATURAL, make_task, save_task

log_to(snakemake.log[0])
ratio = snakemake.wildcards.imbalance_ratio
task = make_task(
    load_dataset(snakemake.input.data, snakemake.input.facts),
    None if ratio == NATURAL else int(ratio),
    int(snakemake.wildcards.seed),
    **snakemake.params.task,
)
save_task(task, snakemake.output.task)
print(f"{len(task.y_train)} training, {len(task.y_validation)} validation and {len(task.y_test)} test rows")
