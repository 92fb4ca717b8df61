"""Collect the results of the hyperparameter study."""

from pathlib import Path

from joblog import log_to

from autosmote.study.hyperparameters import Grids
from autosmote.study.layout import changed_setting
from autosmote.utils.storage import write_frame

log_to(snakemake.log[0])
grids = Grids(snakemake.params.grids, snakemake.params.settings)
results = [(changed_setting(path), path) for path in map(Path, snakemake.input.results)]
write_frame(grids.collect(results), snakemake.output.scores)
