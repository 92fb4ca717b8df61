"""The command ``autosmote``: AutoSMOTE, and comparisons with it, on a person's own CSV file.

Only click is imported here; what a command needs is imported when it runs, so that ``--help`` is quick.
"""

from __future__ import annotations

import json
import logging
import math
import os
import stat
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import autosmote
from autosmote.utils import names
from autosmote.utils.errors import RL_EXTRA, MissingExtraError

if TYPE_CHECKING:
    import pandas as pd

    from autosmote.cli.csv_table import CsvTable

_LONGEST_MESSAGE = 500
_PAPER = "Zha, Lai, Tan, Ding, Zou and Hu 2022, doi:10.1145/3511808.3557474"
_INTERRUPTED = 130
"""Exit status of what Ctrl-C ended early, as shells have it."""


class _Group(click.Group):
    """Commands whose mistakes cost one line and the exit code 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line, and exit."""
        try:
            status = super().main(*args, **kwargs | {"standalone_mode": False})
        except click.ClickException as error:
            click.echo(f"autosmote: {error.format_message()}", err=True)
            sys.exit(2)
        except click.Abort:
            click.echo("autosmote: interrupted", err=True)
            sys.exit(_INTERRUPTED)
        sys.exit(status if isinstance(status, int) else 0)


@contextmanager
def _user_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn errors of these kinds into one line for the user."""
    try:
        yield
    except kinds as error:
        message = _in_options(" ".join(str(error).split()) or "out of memory")
        if len(message) > _LONGEST_MESSAGE:
            message = message[: _LONGEST_MESSAGE - 3] + "..."
        raise click.ClickException(message) from error


def _in_options(message: str) -> str:
    """Call what the library knows by a key, such as `target`, by the option of the command."""
    for parameter in click.get_current_context().command.params:
        if isinstance(parameter, click.Option):
            message = message.replace(f"`{parameter.name}`", parameter.opts[0])
    return message


@contextmanager
def _actor_errors() -> Iterator[None]:
    """Tell what the named classifier refuses in another process as it is told of this one."""
    from autosmote.cli.codes import RefusedError
    from autosmote.search.jobs import ActorError

    try:
        yield
    except ActorError as error:
        _, refused, message = str(error).rpartition(f"{RefusedError.__name__}: ")
        if not refused:
            raise
        raise RefusedError(message) from error


@click.group(
    cls=_Group, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(autosmote.__version__, prog_name="autosmote", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Over-sample imbalanced data with a strategy that is learned for them.

    Files are comma-separated UTF-8 text with a header. Mistakes in what you ask for end with one line on the
    standard error stream and the exit code 2.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _expanded(context: click.Context, parameter: click.Parameter, path: Path) -> Path:
    """Read ``~`` also where the shell does not, as in ``--out=~/data.csv``."""
    return path.expanduser()


_data = click.argument("data", type=click.Path(path_type=Path), callback=_expanded)
_target = click.option("--target", required=True, metavar="COLUMN", help="Column with the classes.")
_ignore = click.option(
    "--ignore",
    multiple=True,
    metavar="COLUMN",
    help="Leave this column out; may be given several times, or as names with commas between them.",
)
_nominal = click.option(
    "--nominal",
    multiple=True,
    metavar="COLUMN",
    help="This column of numbers holds codes; given as --ignore is. Columns with words are nominal anyway.",
)
_positive = click.option(
    "--positive",
    metavar="CLASS",
    help="Of two classes, the one that scorers such as f1 look at. Default: the smaller.",
)
_groups = click.option(
    "--groups",
    metavar="COLUMN",
    help="Rows with the same value here belong together: no split parts them. The column is no feature.",
)
_ESTIMATOR = (
    f"{', '.join(names.CLASSIFIERS)}, or a class such as sklearn.linear_model.LogisticRegression. It gets "
    "numbers standardised and categories one-hot encoded."
)
_SCORING = f"{', '.join(names.METRICS)}, or a scorer of scikit-learn."
_SEVERAL = " May be given several times."
_jobs = click.option(
    "--jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Processes of a search."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
_quiet = click.option("--quiet", is_flag=True, help="Show no progress.")


@main.command()
@_data
@_target
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_expanded,
    help="CSV file to write.",
)
@click.option(
    "--estimator",
    default="tree",
    show_default=True,
    metavar="NAME",
    help=f"Classifier to over-sample for: {_ESTIMATOR}",
)
@click.option(
    "--scoring", default="macro_f1", show_default=True, metavar="NAME", help=f"What to maximise: {_SCORING}"
)
@_positive
@click.option(
    "--iterations",
    default=300,
    show_default=True,
    type=click.IntRange(min=1),
    help="Length of the search: so many times the classifier is fitted.",
)
@click.option(
    "--strategy",
    default="policy_search",
    show_default=True,
    type=click.Choice(["policy_search", "paper"]),
    help="How to search: policies that are scored on folds and make rows of all rows, or as the paper does, "
    f"which needs {RL_EXTRA}.",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="End the search after this time. The result then depends on the machine.",
)
@click.option("--max-samples", type=click.IntRange(min=1), help="Most synthetic rows.")
@click.option(
    "--validation",
    default="0.25",
    show_default=True,
    metavar="SHARE|FOLDS",
    help="Share of the rows to score on, or number of folds of a cross-validation. With --groups, folds "
    "without parted groups: as many as are given, or four for a quarter.",
)
@_ignore
@_nominal
@_groups
@_jobs
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0, max=2**32 - 1),
    help="Seed of the search, the validation and the classifier; the same seed gives the same rows.",
)
@_as_json
@_quiet
def resample(
    data: Path,
    target: str,
    out: Path,
    estimator: str,
    scoring: str,
    positive: str | None,
    iterations: int,
    strategy: str,
    max_seconds: float | None,
    max_samples: int | None,
    validation: str,
    ignore: Sequence[str],
    nominal: Sequence[str],
    groups: str | None,
    jobs: int,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Add synthetic rows to a CSV file.

    The rows of DATA are written to the output as they are, the synthetic ones behind them. All classes below
    the largest are over-sampled. If nothing scores higher than no resampling, no rows are added.

    Missing values: synthetic rows have none in columns of numbers, because they are made from rows where a
    missing number is the median of its column. In other columns a missing value is a value like another. The
    given rows keep their gaps.
    """
    with _user_errors(ValueError, OSError, MemoryError, MissingExtraError):
        from autosmote.cli.case import Case
        from autosmote.cli.codes import Codes
        from autosmote.cli.csv_table import write_rows
        from autosmote.cli.streams import noise_apart
        from autosmote.utils.storage import atomic_path

        _check_out(out, data)
        table = _read(data, target, ignore, nominal, groups)
        with noise_apart(quiet):
            sampler = Case(Codes(table.labels, positive), estimator, scoring).sampler(
                seed,
                strategy=strategy,
                n_iterations=iterations,
                max_seconds=max_seconds,
                max_samples=max_samples,
                validation=_validation(validation, table, seed),
                n_jobs=jobs,
                verbose=_shows_progress(quiet),
                callbacks=[_RowNamesWarning(table, quiet)],
            )
        with atomic_path(out) as path:
            with _actor_errors(), noise_apart(quiet), warnings.catch_warnings():
                warnings.filterwarnings("ignore", "none of")  # The summary says so too.
                with _memory_errors(table):
                    features, labels = sampler.fit_resample(table.features, table.labels)
            given = len(table.labels)
            result = table.with_rows(features[given:], labels[given:])
            write_rows(result, path, out)

    if as_json:
        _print_json(
            {
                "out": str(out),
                "scoring": scoring,
                "strategy": strategy,
                "iterations": len(sampler.history_),
                "best_iteration": sampler.best_iteration_,
                "validation_scores": {
                    "no_resampling": sampler.baseline_score_,
                    "smote": sampler.smote_score_,
                    "autosmote": sampler.best_score_,
                },
                "rows": sampler.class_counts_,
                "synthetic": sampler.sampling_strategy_,
            }
        )
    else:
        click.echo(f"{sampler.summary()}\n\n{len(result)} rows written to {out}")


@main.command()
@_data
@_target
@click.option(
    "--sampler",
    "methods",
    multiple=True,
    metavar="NAME",
    help="A sampler that `autosmote samplers` lists, ClassWeight, DecisionThreshold, policy_search or "
    "autosmote; may be given several times. Default: a quick choice. No resampling is always compared.",
)
@click.option(
    "--estimator",
    "estimators",
    multiple=True,
    default=["tree"],
    show_default=True,
    metavar="NAME",
    help=f"Classifier: {_ESTIMATOR}{_SEVERAL}",
)
@click.option(
    "--scoring",
    "scorings",
    multiple=True,
    default=["macro_f1"],
    show_default=True,
    metavar="NAME",
    help=f"Score: {_SCORING}{_SEVERAL}",
)
@_positive
@_ignore
@_nominal
@_groups
@click.option(
    "--splits",
    default=10,
    show_default=True,
    type=click.IntRange(min=1, max=2**31 - 1),
    help="Random splits of the rows.",
)
@click.option(
    "--iterations", default=300, show_default=True, type=click.IntRange(min=1), help="Length of a search."
)
@click.option(
    "--out",
    default="comparison",
    show_default=True,
    type=click.Path(path_type=Path),
    callback=_expanded,
    metavar="STEM",
    help="Writes STEM.csv (all scores), STEM.png and STEM.pdf.",
)
@_jobs
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0, max=2**31 - 1),
    help="Seed of the first split; the others have the numbers after it.",
)
@_as_json
@_quiet
def compare(
    data: Path,
    target: str,
    methods: Sequence[str],
    estimators: Sequence[str],
    scorings: Sequence[str],
    positive: str | None,
    ignore: Sequence[str],
    nominal: Sequence[str],
    groups: str | None,
    splits: int,
    iterations: int,
    out: Path,
    jobs: int,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Rank methods on a CSV file, for each classifier and score.

    Each split holds out a fifth of the rows for the test. On the other rows AutoSMOTE works as `autosmote
    resample` does; a sampler chooses its ratio of the classes by cross-validation, class weights and a
    threshold likewise. The test rows decide nothing. Gaps are filled as `autosmote resample` does, once for
    all rows. Ctrl-C ends it with the splits that are done.
    """
    from autosmote.cli import comparison, rivals
    from autosmote.cli.case import Case
    from autosmote.cli.codes import Codes, RefusedError
    from autosmote.cli.comparison_plot import plot
    from autosmote.cli.streams import noise_apart
    from autosmote.utils.errors import UnknownNameError
    from autosmote.utils.storage import atomic_path

    # A method that fails is a note below the ranking, not a traceback.
    logging.getLogger("autosmote").addHandler(logging.NullHandler())
    estimators, scorings = list(dict.fromkeys(estimators)), list(dict.fromkeys(scorings))
    with _user_errors(ValueError, OSError, ImportError):
        if not out.name:
            raise ValueError(f"--out {out} is a folder; name the files, such as {out / 'comparison'}")
        for ending in (".csv", ".png", ".pdf"):
            _check_out(out.with_name(f"{out.name}{ending}"), data)
        _require_matplotlib()
        table = _read(data, target, ignore, nominal, groups)
        codes = Codes(table.labels, positive)
        with noise_apart(quiet):
            for estimator in estimators:
                for scoring in scorings:
                    Case(codes, estimator, scoring).sampler(seed)  # Are there such a classifier and score?
    # What else goes wrong is no mistake of the user.
    with _user_errors(
        comparison.SplitError,
        comparison.ShortSearchError,
        UnknownNameError,
        RefusedError,
        OSError,
        ImportError,
        MemoryError,
    ):
        chosen = list(methods) or comparison.default_methods()
        per_split = len({rivals.BASELINE, *chosen}) * len(estimators) * len(scorings)
        with _progress_of_splits(splits, per_split, quiet) as progress:
            warn = _RowNamesWarning(table, quiet)

            def done(name: str) -> None:
                warn(name)
                progress(name)

            with noise_apart(quiet), _memory_errors(table):
                scores = comparison.compare(
                    table,
                    codes,
                    chosen,
                    estimators=estimators,
                    scorings=scorings,
                    seeds=range(seed, seed + splits),
                    iterations=iterations,
                    n_jobs=jobs,
                    progress=done,
                )
        # In the order of the options.
        cases = scores.groupby(["estimator", "scoring"], sort=False)
        rankings: dict[tuple[str, str], pd.DataFrame] = {
            (str(case[0]), str(case[1])): comparison.ranking(of_case) for case, of_case in cases
        }
        with atomic_path(out.with_name(f"{out.name}.csv")) as path:
            scores.to_csv(path, index=False)
        files = [out.with_name(f"{out.name}.csv"), *plot(rankings, scores, out)]

    if (n_done := scores["seed"].nunique()) < splits:
        click.echo(f"autosmote: ended after {n_done} of {splits} splits; the result is of these", err=True)
    if len(chosen) < len(comparison.DEFAULT_METHODS) and not methods and not quiet:
        click.echo(f"autosmote: without PyTorch, autosmote is left out: pip install '{RL_EXTRA}'", err=True)
    if as_json:
        comparisons = [
            {
                "estimator": estimator,
                "scoring": scoring,
                "ranking": ranking.to_dict("records"),
                "verdict": comparison.verdict(ranking),
            }
            for (estimator, scoring), ranking in rankings.items()
        ]
        _print_json({"comparisons": comparisons, "files": [str(file) for file in files]})
    else:
        for (estimator, scoring), ranking in rankings.items():
            if len(rankings) > 1:
                click.echo(f"{estimator}, {scoring}\n")
            click.echo(f"{_ranking_text(ranking, scoring)}\n\n{comparison.verdict(ranking)}\n")
        click.echo(f"Written: {', '.join(str(file) for file in files)}")
    if n_done < splits:
        sys.exit(_INTERRUPTED)


@main.command()
@_as_json
def samplers(as_json: bool) -> None:
    """List the methods of the study, and which of them `compare` takes."""
    from autosmote.cli.comparison import method_names
    from autosmote.samplers import registry
    from autosmote.study import strategies

    comparable = {*method_names()}
    listed = [
        {
            "name": strategy.name,
            "compare": strategy.name in comparable,
            "category": strategy.category,
            "takes_ratio": False,
            "source": "autosmote",
            "requires": None,
            "installed": True,
            "reference": f"{_PAPER}, {strategy.reference}"
            if strategy.reference.startswith("Section")
            else strategy.reference,
        }
        for strategy in strategies.specs()
    ]
    listed += [
        {
            "name": spec.name,
            "compare": spec.name in comparable,
            "category": spec.category,
            "takes_ratio": spec.takes_ratio,
            "source": spec.source,
            "requires": spec.requires,
            "installed": spec.installed,
            "reference": spec.reference,
        }
        for spec in registry.specs()
    ]
    if as_json:
        _print_json(listed)
        return
    rows = [("Name", "Category", "Compare", "Ratio", "Source", "Installed", "Reference")]
    for method in listed:
        rows.append(
            (
                str(method["name"]),
                str(method["category"]),
                "yes" if method["compare"] else "-",
                "yes" if method["takes_ratio"] else "-",
                str(method["source"]),
                "yes" if method["installed"] else "no",
                str(method["reference"]),
            )
        )
    click.echo(_aligned(rows))
    missing = Counter((method["source"], method["requires"]) for method in listed if not method["installed"])
    for (source, requires), number in missing.items():
        click.echo(f"{number} of {source} not installed: pip install {requires}")


def _read(
    path: Path, target: str, ignore: Sequence[str], nominal: Sequence[str], groups: str | None
) -> CsvTable:
    """Read a file that there is something to over-sample in."""
    from autosmote.cli.csv_table import CsvTable
    from autosmote.estimator.columns import refuse_large

    table = CsvTable(path, target, ignore, nominal, groups)
    if table.labels.value_counts().nunique() == 1:
        raise ValueError(f"all classes of {target!r} have the same size; there is nothing to over-sample")
    refuse_large(table.features)
    return table


def _of_row_names(table: CsvTable) -> list[str]:
    """What to say of columns that hold another word in each row."""
    return [
        f"column {name!r} has another value in nearly every row. It can only name rows, and each value "
        f"becomes a column; leave it out: --ignore {name!r}"
        for name in table.row_names
    ]


@contextmanager
def _memory_errors(table: CsvTable) -> Iterator[None]:
    """Say of what columns a table became so large."""
    try:
        yield
    except MemoryError as error:
        raise MemoryError("; ".join([str(error) or "out of memory", *_of_row_names(table)])) from error


class _RowNamesWarning:
    """Warns once of columns that only name rows, when the work has begun: they make it long."""

    def __init__(self, table: CsvTable, quiet: bool) -> None:
        self._lines = [] if quiet else _of_row_names(table)

    def __call__(self, _: Any) -> None:
        while self._lines:
            click.echo(f"autosmote: {self._lines.pop(0)}", err=True)


def _validation(text: str, table: CsvTable, seed: int) -> Any:
    """Read a share of the rows or a number of folds; with groups, these are folds that part no group."""
    from sklearn.model_selection import check_cv

    from autosmote.cli.comparison import folds

    try:
        validation = int(text) if text.isdigit() else float(text)
    except ValueError:
        raise ValueError(f"--validation {text}: expected a share of the rows or a number of folds") from None
    if table.groups is None:
        if not (validation >= 2 if isinstance(validation, int) else 0 < validation < 1):
            raise ValueError(f"--validation {text}: expected a share between 0 and 1, or two folds or more")
        return validation
    n_folds = (
        validation if isinstance(validation, int) else round(1 / validation) if 0 < validation < 1 else 0
    )
    if n_folds < 2:
        raise ValueError(
            f"--validation {text}: with --groups, expected two folds or more, or a share below 0.7"
        )
    return check_cv(folds(table.labels, table.groups, seed, n_folds))


def _check_out(path: Path, data: Path) -> None:
    """Refuse before the work what could not be written after it, and the file to read."""
    from autosmote.cli.csv_table import compression_of
    from autosmote.utils.storage import check_destination

    check_destination(path)
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}: create it or correct --out")
    if path.exists() and data.exists() and path.samefile(data):
        raise ValueError(f"--out is the file to read, {data}; choose another name")
    if compression_of(path) == "zstd" and find_spec("zstandard") is None:
        raise ValueError(
            f"--out {path}: .zst needs the package zstandard; install it, or end the name in .gz"
        )
    with suppress(OSError):  # Neither has to be there.
        there, report = path.stat(), os.fstat(1)
        if os.path.samestat(there, report) and not stat.S_ISCHR(there.st_mode):
            raise ValueError(f"--out is the standard output, {path}, where the report goes; name a file")


def _shows_progress(quiet: bool) -> bool:
    return not quiet and sys.stderr.isatty()


@contextmanager
def _progress_of_splits(splits: int, per_split: int, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield what to call for each method that is done: a bar on a terminal, elsewhere a line per split."""
    from tqdm import tqdm

    total, started, n_done = splits * per_split, time.monotonic(), 0
    with tqdm(total=total, unit=" methods", disable=not _shows_progress(quiet)) as bar:

        def progress(name: str) -> None:
            nonlocal n_done
            n_done += 1
            bar.set_postfix_str(name, refresh=False)
            bar.update()
            split, within = divmod(n_done, per_split)
            # After the last split comes the result.
            if bar.disable and not quiet and not within and split < splits:
                left = (time.monotonic() - started) / split * (splits - split)
                click.echo(f"autosmote: split {split} of {splits} done, about {left:.0f} s left", err=True)

        yield progress


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError("the figure needs matplotlib; install it with: pip install matplotlib") from error


def _ranking_text(table: pd.DataFrame, metric: str) -> str:
    from autosmote.cli.comparison import shown_name

    def number(value: float, how: str) -> str:
        return "-" if math.isnan(value) else format(value, how)

    rows = [
        ("", "Method", f"Test {metric}", "+-", "Difference", "95 % interval", "p (Holm)", "Splits", "Seconds")
    ]
    methods: Any = table.to_dict("records")
    for row in methods:
        interval = "-" if math.isnan(row["low"]) else f"{row['low']:+.3f} to {row['high']:+.3f}"
        rows.append(
            (
                number(row["rank"], ".0f"),
                shown_name(row["sampler"]),
                number(row["test_score"], ".4f"),
                number(row["deviation"], ".4f"),
                number(row["difference"], "+.4f"),
                interval,
                number(row["p_value"], ".3f"),
                str(row["splits"]),
                f"{row['seconds']:.1f}",
            )
        )
    notes = [f"{shown_name(row['sampler'])}: {row['message']}" for row in methods if row["message"]]
    return "\n".join([_aligned(rows), *([""] if notes else []), *notes])


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns of equal width."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _print_json(value: Any) -> None:
    """Print JSON that every reader takes: NaN is null."""

    def plain(item: Any) -> Any:
        if isinstance(item, dict):
            return {str(key): plain(value) for key, value in item.items()}
        if isinstance(item, list):
            return [plain(value) for value in item]
        return None if isinstance(item, float) and math.isnan(item) else item

    click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))
