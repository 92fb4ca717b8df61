"""Make the tables and figures over the iterations of searches."""

from pathlib import Path

from joblog import log_to

from autosmote.analysis.learning_curves import load
from autosmote.report.products import OF_COURSES

log_to(snakemake.log[0])
courses = load(snakemake.input.courses)
for stem in dict.fromkeys(Path(path).with_suffix("") for path in snakemake.output):
    OF_COURSES[stem.name](courses, stem)
