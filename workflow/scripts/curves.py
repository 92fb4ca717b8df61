"""Draw the curves of searches."""

from pathlib import Path

from joblog import log_to

from autosmote.figures import figure5, search_curves
from autosmote.storage import read_frame, read_json

log_to(snakemake.log[0])
searches = zip(snakemake.input.results, snakemake.input.histories, strict=True)
histories = [(read_json(result), read_frame(history)) for result, history in searches]
figure = {"figure5": figure5, "search_curves": search_curves}[snakemake.rule]
figure.plot(histories, Path(snakemake.output[0]).with_suffix(""))
