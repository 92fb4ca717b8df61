"""Draw Figure 7."""

from pathlib import Path

from joblog import log_to

from autosmote.figures.figure7 import plot
from autosmote.study.case_study import CaseStudy

log_to(snakemake.log[0])
plot(CaseStudy.load(Path(snakemake.input.rows).with_suffix("")), Path(snakemake.output[0]).with_suffix(""))
