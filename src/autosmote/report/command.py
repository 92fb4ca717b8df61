"""Make the tables and figures from results that are there: ``python -m autosmote.analysis --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from autosmote.analysis import learning_curves
from autosmote.analysis.joining import join
from autosmote.analysis.scores import VIEWS, view
from autosmote.analysis.significance import PAIRS
from autosmote.report.catalogue import available
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
        0; 1 if a file or folder cannot be used.
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
        help="score table (results/scores.parquet), or several of a study that ran in parts; or the results "
        "of jobs (*.parquet, result.json)",
    )
    parser.add_argument(
        "--searches",
        type=Path,
        metavar="PATH",
        help="learning curves of searches (results/learning_curves, or one of its files), or the folder of "
        "the searches, for Figure 5 and all else that shows iterations",
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
        "--alpha", type=_level, default=0.05, metavar="LEVEL", help="level of significance (default: 0.05)"
    )
    options = parser.parse_args(arguments)
    try:
        for path in _make(options):
            print(path)
    except (CorruptFileError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _make(options: argparse.Namespace) -> Iterator[Path]:
    scores = join(options.scores)
    views = {name: view(scores, name) for name in VIEWS}
    sources: dict[str, Any] = {"scores": scores}
    sources |= {name: table for name, table in views.items() if table["test_score"].notna().any()}
    if options.searches is not None:
        sources["learning_curves"] = _learning_curves(options.searches)
    if options.hyperparameters is not None:
        sources["hyperparameters"] = _hyperparameters(options.hyperparameters)
    if options.case_study is not None:
        sources["case_study"] = _case_study(options.case_study)
    categories = {
        name: set(source["category"]) if isinstance(source, pd.DataFrame) else set()
        for name, source in sources.items()
    }
    for product in available(categories):
        yield from product.write(sources, options.out, pairs=options.pairs, alpha=options.alpha)


def _level(text: str) -> float:
    level = float(text)
    if not 0 < level < 1:
        raise argparse.ArgumentTypeError(f"{text} is no level of significance; it lies between 0 and 1")
    return level


def _hyperparameters(path: Path) -> pd.DataFrame:
    table = read_frame(path)
    if not {"setting", "value"} <= set(table):
        raise ValueError(f"{path} is no table of the hyperparameter study: it lacks setting and value")
    return table


def _case_study(path: Path) -> CaseStudy:
    try:
        return CaseStudy.load(path.with_suffix(""))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is no case study: it lacks {error}") from error


def _learning_curves(path: Path) -> pd.DataFrame:
    tables = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if tables:
        return learning_curves.load(tables)
    found = sorted(path.glob("**/result.json"))
    if not found:
        raise FileNotFoundError(
            f"there is no table of learning curves in {path} and no result.json below; "
            "give the folder of either"
        )
    return learning_curves.collect(found)
