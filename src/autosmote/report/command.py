"""Make the tables and figures from results that are there: ``python -m autosmote.analysis --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from autosmote.analysis import learning_curves as courses
from autosmote.analysis.methods import ABLATION
from autosmote.analysis.scores import collect
from autosmote.analysis.significance import PAIRS
from autosmote.figures import anytime as budget
from autosmote.figures import figure6, figure7
from autosmote.report import products
from autosmote.study.case_study import CaseStudy
from autosmote.utils.storage import CorruptFileError, read_frame


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every table and figure that the given files hold enough for.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0; 1 if a file cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="python -m autosmote.analysis",
        description="Make tables and figures from results, without running anything again.",
    )
    parser.add_argument(
        "--scores",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="score table (results/scores.parquet), or the results of jobs (*.parquet, result.json)",
    )
    parser.add_argument(
        "--searches",
        type=Path,
        metavar="PATH",
        help="courses of searches (results/courses, or one of its files) or the folder of the searches, for "
        "Figure 5, the curves of all searches and the diagnostics",
    )
    parser.add_argument(
        "--hyperparameters",
        type=Path,
        metavar="FILE",
        help="table of the hyperparameter study (results/hyperparameters.parquet), for Figure 6",
    )
    parser.add_argument(
        "--case-study",
        type=Path,
        metavar="FILE",
        help="rows of the case study (results/case_study.npz, with the .json beside it), for Figure 7",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="where tables/ and figures/ go"
    )
    parser.add_argument(
        "--pairs", choices=PAIRS, default="means", help="what the signed-rank test pairs (default: means)"
    )
    parser.add_argument(
        "--alpha", type=float, default=0.05, metavar="LEVEL", help="level of significance (default: 0.05)"
    )
    options = parser.parse_args(arguments)
    try:
        for path in _make(options):
            print(path)
    except (CorruptFileError, FileNotFoundError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _make(options: argparse.Namespace) -> Iterator[Path]:
    scores = collect(options.scores)
    for folder, names in products.available(scores).items():
        for name in names:
            yield from products.write(
                name, scores, options.out / folder, pairs=options.pairs, alpha=options.alpha
            )
    tables, figures = options.out / "tables", options.out / "figures"
    if options.searches is not None:
        found = _courses(options.searches)
        for name, make in products.OF_COURSES.items():
            if name != "figure5" or ABLATION in set(found["category"]):
                yield from make(found, (tables if name == "search_summary" else figures) / name)
        yield from budget.plot(scores, found, figures / "budget")
    if options.hyperparameters is not None:
        yield from figure6.plot(read_frame(options.hyperparameters), figures / "figure6")
    if options.case_study is not None:
        case = CaseStudy.load(options.case_study.with_suffix(""))
        yield from figure7.plot(case, figures / "figure7")


def _courses(path: Path) -> pd.DataFrame:
    tables = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if tables:
        return courses.load(tables)
    found = sorted(path.glob("**/result.json"))
    if not found:
        raise FileNotFoundError(
            f"there is no table of courses in {path} and no result.json below; give the folder of either"
        )
    return courses.collect(found)
