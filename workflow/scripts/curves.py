"""Draw the figures over the iterations of searches."""

from pathlib import Path

from joblog import log_to

from autosmote.figures import diagnostics, figure5, search_curves
from autosmote.storage import read_frame

log_to(snakemake.log[0])
PLOTS = {
    "figure5": figure5.plot,
    "search_curves": search_curves.plot,
    "reward": diagnostics.plot_reward,
    "selection": diagnostics.plot_selection,
    "entropy": diagnostics.plot_entropy,
}
courses = read_frame(snakemake.input.courses)
for stem in dict.fromkeys(Path(path).with_suffix("") for path in snakemake.output):
    PLOTS[stem.name](courses, stem)
