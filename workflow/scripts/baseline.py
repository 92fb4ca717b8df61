"""Evaluate the comparison methods of one bundle on one task."""

import pandas as pd
from joblog import log_to

from autosmote.analysis.scores import validate
from autosmote.datasets.tasks import load_task
from autosmote.evaluation.isolation import Limits
from autosmote.samplers import configured, registry
from autosmote.study.baseline_job import evaluate_side_by_side
from autosmote.study.doors import add_entries
from autosmote.utils.storage import write_frame

log_to(snakemake.log[0])
add_entries(snakemake.config)
rows = evaluate_side_by_side(
    load_task(snakemake.input.task),
    [
        configured(registry.get(name), snakemake.params.settings.get(name, {}))
        for name in snakemake.params.samplers
    ],
    classifiers=snakemake.params.classifiers,
    metrics=snakemake.params.metrics,
    ratios=snakemake.params.ratios,
    limits=Limits(**snakemake.params.limits),
    workers=snakemake.threads,
    refit=snakemake.params.refit,
)
write_frame(validate(pd.DataFrame(rows)), snakemake.output.scores)
