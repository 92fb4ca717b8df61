"""Draw the figures over the iterations of searches, and sum the searches up."""

from pathlib import Path

from joblog import log_to

from autosmote.analysis import search_summary
from autosmote.analysis.courses import load
from autosmote.analysis.rendering import write_table
from autosmote.figures import diagnostics, figure5, search_curves

log_to(snakemake.log[0])
MAKE = {
    "figure5": figure5.plot,
    "search_curves": search_curves.plot,
    "reward": diagnostics.plot_reward,
    "selection": diagnostics.plot_selection,
    "entropy": diagnostics.plot_entropy,
    "search_summary": lambda courses, stem: write_table(search_summary.make(courses), stem),
}
courses = load(snakemake.input.courses)
for stem in dict.fromkeys(Path(path).with_suffix("") for path in snakemake.output):
    MAKE[stem.name](courses, stem)
