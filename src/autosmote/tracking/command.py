"""Synchronise from the command line: ``python -m autosmote.tracking --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autosmote.tracking.store import TrackingError
from autosmote.tracking.sync import sync


def main(arguments: Sequence[str] | None = None) -> int:
    """Synchronise from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0; 1 if the store cannot be used or a result file is unreadable.
    """
    parser = argparse.ArgumentParser(
        prog="python -m autosmote.tracking", description="Put the results of a study into MLflow."
    )
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="folder of results (default: results)"
    )
    parser.add_argument("--study", required=True, help="name of the study, the prefix of its experiments")
    parser.add_argument(
        "--tracking-uri", help="MLflow store (default: the database mlflow.db in the folder of results)"
    )
    options = parser.parse_args(arguments)
    try:
        report = sync(options.results, study=options.study, tracking_uri=options.tracking_uri)
    except (TrackingError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for problem in report.problems:
        print(f"error: {problem}", file=sys.stderr)
    print(report)
    return 1 if report.problems else 0
