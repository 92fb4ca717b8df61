"""Make tables or figures from the score table."""

from pathlib import Path

from joblog import log_to

from autosmote.report import products
from autosmote.utils.storage import read_frame

log_to(snakemake.log[0])
scores = read_frame(snakemake.input.scores)
for folder, name in {(Path(file).parent, Path(file).stem): None for file in snakemake.output}:
    products.write(name, scores, folder, pairs=snakemake.params.pairs, alpha=snakemake.params.alpha)
