"""Evaluate the comparison methods of one bundle on one task."""

import pandas as pd
from joblog import log_to

from autosmote.analysis.scores import validate
from autosmote.datasets.tasks import load_task
from autosmote.evaluation import evaluate
from autosmote.samplers import configured, registry
from autosmote.storage import write_frame

log_to(snakemake.log[0])
task = load_task(snakemake.input.task)
rows = []
for name in snakemake.params.samplers:
    found = evaluate(
        task,
        configured(registry.get(name), snakemake.params.settings.get(name, {})),
        classifiers=snakemake.params.classifiers,
        metrics=snakemake.params.metrics,
        ratios=snakemake.params.ratios,
        seed=task.seed,
    )
    print(f"{name}: {', '.join(sorted({row['status'] for row in found}))}")
    rows += found
write_frame(validate(pd.DataFrame(rows)), snakemake.output.scores)
