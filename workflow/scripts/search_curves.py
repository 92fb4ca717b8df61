"""Draw the curves of the searches."""

from pathlib import Path

from joblog import log_to

from autosmote.figures.search_curves import plot
from autosmote.storage import read_frame, read_json

log_to(snakemake.log[0])
searches = zip(snakemake.input.results, snakemake.input.histories, strict=True)
histories = [(read_json(result), read_frame(history)) for result, history in searches]
plot(histories, Path(snakemake.output.png).with_suffix(""))
