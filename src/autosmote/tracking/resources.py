"""What the jobs of a study took, from the benchmark files that Snakemake writes."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from autosmote.study import layout

_COLUMNS = {"s": "seconds", "cpu_time": "cpu_seconds", "max_rss": "memory_mb"}


def read_benchmark(path: Path) -> dict[str, float]:
    """Read what a job took.

    Parameters
    ----------
    path : Path
        A benchmark file, which need not be there.

    Returns
    -------
    dict of str to float
        ``seconds`` on the clock, ``cpu_seconds``, and ``memory_mb``, the most that was resident at a time; of
        the last run, if there were several. What Snakemake could not measure is left out.
    """
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t"))
    last = lines[-1] if lines else {}
    found = {}
    for column, name in _COLUMNS.items():
        try:
            found[name] = float(last[column])
        except (KeyError, ValueError):  # a job that is too short has no memory
            continue
    return found


def job_totals(results: Path) -> dict[str, float]:
    """Sum up what the jobs of each rule took.

    Parameters
    ----------
    results : Path
        The study's folder of results.

    Returns
    -------
    dict of str to float
        Per rule ``jobs/<rule>``, ``seconds/<rule>``, ``cpu_seconds/<rule>`` and the largest
        ``memory_mb/<rule>``. Left out is the rule that makes the records: its file is written afterwards.
    """
    totals: dict[str, float] = defaultdict(float)
    for path in sorted((results / layout.BENCHMARKS).glob("*/**/*.tsv")):
        rule = path.relative_to(results / layout.BENCHMARKS).parts[0]
        if rule == "tracking":
            continue
        took = read_benchmark(path)
        totals[f"jobs/{rule}"] += 1
        for name in ("seconds", "cpu_seconds"):
            totals[f"{name}/{rule}"] += took.get(name, 0.0)
        if "memory_mb" in took:
            most = f"memory_mb/{rule}"
            totals[most] = max(totals[most], took["memory_mb"])
    return dict(totals)
