"""Make Table 2."""

from pathlib import Path

from joblog import log_to

from autosmote.analysis.methods import main_comparison
from autosmote.analysis.tables import table2, write_table
from autosmote.storage import read_frame

log_to(snakemake.log[0])
table = table2(
    main_comparison(read_frame(snakemake.input.scores)),
    pairs=snakemake.params.pairs,
    alpha=snakemake.params.alpha,
)
write_table(table, Path(snakemake.output.csv).with_suffix(""))
