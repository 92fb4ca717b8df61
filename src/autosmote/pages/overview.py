"""What came out on one page: the first of Snakemake's report, and a file of its own."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from autosmote.analysis.coverage import cell_statuses
from autosmote.analysis.headline import Headline, headlines
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import main_comparison
from autosmote.analysis.scores import SCORED, view
from autosmote.figures import ranks
from autosmote.tables import coverage, table2
from autosmote.tables.rendering import Table, to_html_parts

_CSS = (
    ".overview{font:15px/1.5 system-ui,sans-serif;color:#222}"
    ".overview h2{font-size:1.15em;font-weight:600;margin:1.6em 0 .4em}"
    ".overview ul{margin:.2em 0;padding-left:1.2em;list-style:disc}.overview li{margin:.3em 0}"
    ".overview p,.overview li{max-width:56rem}.overview p{margin:.4em 0}"
    ".overview .small,.overview .wide p{font-size:.85em;color:#555}"
    ".overview img{max-width:30rem;width:100%;margin:0}"
    ".overview .wide{overflow-x:auto}"
    ".overview table{border-collapse:collapse;font-size:.85em;width:auto;margin:.5em 0}"
    ".overview caption{text-align:left;padding-bottom:.5em;color:#555}"
    ".overview th,.overview td{padding:.12em .6em;white-space:nowrap}"
    ".overview thead th{border-bottom:2px solid #222}"
    ".overview .text{text-align:left}"
    ".overview .number{text-align:right;font-variant-numeric:tabular-nums}"
    ".overview tr{border:0}.overview tr.group td{border-top:1px solid #bbb}"
    ".overview sup{font-size:.7em;line-height:0;color:#0072b2}"
    ".overview summary{cursor:pointer;color:#0072b2}"
)


def make(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> str:
    """Make the page: who came first and how sure that is, ranks, Table 2, and how complete it all is.

    Parameters
    ----------
    scores : DataFrame
        The score table; SMOTE variants, ablations and extensions have tables of their own.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair of the test; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    str
        An HTML page that needs no other file. What Snakemake's report shows of it stands in its element
        ``main``.

    Raises
    ------
    ValueError
        If the score table is empty, or `pairs` is unknown.
    """
    compared = main_comparison(scores)
    large = view(compared, "large_test")
    found = {"Test set": headlines(compared, pairs=pairs, alpha=alpha)}
    if large["test_score"].notna().any():
        found["Large test set"] = headlines(large, pairs=pairs, alpha=alpha)
    sections = [
        "<h2>What came out</h2>",
        *(f"<p><b>{name}</b></p>{_list(part)}" for name, part in found.items()),
        f'<p class="small">{_notes(alpha, pairs, "Large test set" in found)}</p>',
        "<h2>Average ranks</h2>",
        f'<img alt="Average rank of every method of Table 2" src="{_figure(scores)}">',
        "<h2>Table 2: average ranks by data set</h2>",
        _table(table2.make(scores, pairs=pairs, alpha=alpha)),
        "<h2>Coverage</h2>",
        f"<p>{coverage_sentence(scores)}</p>",
        f"<details><summary>By method</summary>{_table(coverage.make(scores))}</details>",
    ]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            "<title>What came out</title>\n</head>\n<body>",
            f'<main class="overview">\n<style>{_CSS}</style>',
            *sections,
            "</main>\n</body>\n</html>\n",
        ]
    )


def headline_sentence(headline: Headline) -> str:
    """Say in words who came first, by how much, and against whom that is significant.

    Parameters
    ----------
    headline : Headline

    Returns
    -------
    str
        HTML.
    """
    metric, methods = metric_label(headline.metric), len(headline.ranks)
    first, best = headline.first, headline.ranks.iloc[0]
    if len(first) == methods:
        return _plain(f"{metric}: all of the {methods} methods have the same average rank.")
    names = _names(first, bold=True)
    text = f"{html.escape(metric)}: {names} {'is' if len(first) == 1 else 'are'} first of {methods} methods"
    after = headline.ranks.index[len(first)]
    text += (
        f", with an average rank of {best:.2f} over {_configurations(headline)}, "
        f"{headline.ranks[after] - best:.2f} ahead of {_plain(sampler_label(str(after)))} "
        f"({headline.ranks[after]:.2f})."
    )
    tested = len(headline.ahead_of) + len(headline.not_ahead_of)
    if not tested:
        return f"{text} {_configurations(headline).capitalize()} can show nothing significant."
    subject = "" if len(first) == 1 else f"{_names(first[:1])} is "
    ahead = len(headline.ahead_of)
    text += f" {subject or 'It is '}significantly better than {ahead or 'none'} of the {tested} others"
    text += f", but not than {_names(headline.not_ahead_of)}." if headline.not_ahead_of and ahead else "."
    if headline.untested:
        text += f" Too few configurations for a test: {_names(headline.untested)}."
    return text


def coverage_sentence(scores: pd.DataFrame) -> str:
    """Say how many cells of the study have a score, and why others have none.

    Parameters
    ----------
    scores : DataFrame
        The score table; the methods of Table 2 count.

    Returns
    -------
    str
        HTML.
    """
    counts = cell_statuses(main_comparison(scores))["status"].value_counts()
    total, scored = int(counts.sum()), int(sum(counts.get(status, 0) for status in SCORED))
    if scored == total:
        return f"All {total:,} cells of the methods of Table 2 have a score."
    missing = ", ".join(
        f"{count:,} {str(status).replace('_', ' ')}"
        for status, count in counts.items()
        if status not in SCORED
    )
    return (
        f"{scored:,} of {total:,} cells of the methods of Table 2 have a score ({scored / total:.1%}). "
        f"The others: {_plain(missing)}. A method without a score ranks last."
    )


def _configurations(headline: Headline) -> str:
    number = headline.configurations
    return "one configuration" if number == 1 else f"{number} configurations"


def _list(found: Sequence[Headline]) -> str:
    return f"<ul>{''.join(f'<li>{headline_sentence(headline)}</li>' for headline in found)}</ul>"


def _notes(alpha: float, pairs: str, large: bool) -> str:
    unit = "configuration" if pairs == "means" else "configuration and seed"
    text = (
        "The methods of Table 2; rank 1 is best. A configuration is a data set, an imbalance ratio and a "
        f"classifier. Significant: two-sided Wilcoxon signed-rank test with a pair per {unit}, "
        f"p < {alpha:g} after Holm's correction over all others. The configurations of one data set share "
        "its rows, so that every p-value is too small. Every method chose on the validation rows."
    )
    if large:
        text += (
            " Large test set: the majority test rows and all unused minority rows, at the class ratio of the "
            "test split."
        )
    return _plain(text)


def _names(samplers: Sequence[str], bold: bool = False) -> str:
    names = [_plain(sampler_label(name)) for name in samplers]
    if bold:
        names = [f"<b>{name}</b>" for name in names]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _plain(text: str) -> str:
    return html.escape(text, quote=False)


def _table(table: Table) -> str:
    return f'<div class="wide">{to_html_parts(table)}</div>'


def _figure(scores: pd.DataFrame) -> str:
    """Draw the figure of the ranks, as an address that holds its own data."""
    with TemporaryDirectory() as folder:
        png, _ = ranks.plot(scores, Path(folder, "ranks"))
        # In lines: docutils, which makes Snakemake's report, refuses one of more than 10,000 characters.
        return f"data:image/png;base64,{base64.encodebytes(png.read_bytes()).decode()}"
