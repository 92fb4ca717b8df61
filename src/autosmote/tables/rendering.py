"""A table as it is printed, and its CSV, Markdown, LaTeX and HTML files."""

from __future__ import annotations

import html
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from autosmote.utils.storage import atomic_path

BETTER = "▲"
"""Mark of a number: the reference is significantly better than what the number belongs to."""

INCOMPLETE = "†"
"""Mark of a number: it lacks cells that others have."""

LATEX_PAGE = 50
"""Most rows of a LaTeX float; a longer table is continued in the next one."""


@dataclass(frozen=True)
class Number:
    """A number in a printed table.

    Parameters
    ----------
    text : str
        The number as printed.
    best : bool, default False
        Whether it is the best of its column (printed bold).
    mark : str, default ""
        Printed raised behind it: `BETTER`, `INCOMPLETE`, or nothing.
    """

    text: str
    best: bool = False
    mark: str = ""


Cell = str | tuple[Number, ...]
"""Text, or numbers that are printed with slashes between them."""


def number(value: float, form: str) -> tuple[Number, ...]:
    """Print a number with a minus sign in place of a hyphen, NaN as a dash.

    Parameters
    ----------
    value : float
    form : str
        Format specification, such as ``"+.3f"``.

    Returns
    -------
    tuple of Number
        A cell with one number.
    """
    return (Number("–" if math.isnan(value) else format(value, form).replace("-", "−")),)


def p_value(value: float) -> tuple[Number, ...]:
    """Return a printed p-value, a dash where no test was made.

    Parameters
    ----------
    value : float

    Returns
    -------
    tuple of Number
    """
    return (Number("<0.001"),) if value < 0.001 else number(value, ".3f")


@dataclass(frozen=True)
class Table:
    """A table: its data, and how it is printed.

    Parameters
    ----------
    data : DataFrame
        One value per row, for the CSV file.
    caption : str
        What the table shows.
    header : tuple of str
        Column titles of the printed table.
    rows : tuple of tuple of Cell
        Cells of the printed table.
    group_starts : tuple of int
        Rows, counted from 0, that begin a new group.
    notes : tuple of str
        Footnotes.
    """

    data: pd.DataFrame
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    group_starts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def group_column(labels: Iterable[str]) -> tuple[list[str], tuple[int, ...]]:
    """Name each group of rows once.

    Parameters
    ----------
    labels : iterable of str
        Group of each row; equal ones stand together.

    Returns
    -------
    cells : list of str
        The label in the first row of a group, empty in the others.
    starts : tuple of int
        First rows of the groups.
    """
    cells: list[str] = []
    starts = []
    previous = None
    for place, label in enumerate(labels):
        cells.append("" if label == previous else label)
        if label != previous:
            starts.append(place)
        previous = label
    return cells, tuple(starts)


def to_markdown(table: Table) -> str:
    """Print a table as Markdown, with its caption above and its notes below."""

    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    lines = [
        line(map(_escape_markdown, table.header)),
        line("---:" if right else "---" for right in _right_aligned(table)),
        *(line(map(_markdown_cell, row)) for row in table.rows),
    ]
    blocks = [_escape_markdown(table.caption), "\n".join(lines), *map(_escape_markdown, table.notes)]
    return "\n\n".join(blocks) + "\n"


def to_latex(table: Table) -> str:
    """Print a table as LaTeX floats; they need the packages booktabs, amssymb and adjustbox.

    A table of more than `LATEX_PAGE` rows is cut where a group begins, if one does, and continued.
    """
    floats = [
        _latex_float(page, _right_aligned(table), continued=number > 0)
        for number, page in enumerate(_pages(table))
    ]
    return "% needs \\usepackage{booktabs,amssymb,adjustbox}\n" + "\n".join(floats)


def to_html(table: Table) -> str:
    """Print a table as an HTML page that needs no other file."""
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f"<title>{html.escape(table.caption)}</title>\n<style>{_CSS}</style>\n</head>\n<body>",
            to_html_parts(table),
            "</body>\n</html>\n",
        ]
    )


def to_html_parts(table: Table) -> str:
    """Print a table, with its notes, as a part of an HTML page; the page has the style."""
    aligned = ["number" if right else "text" for right in _right_aligned(table)]

    def line(tag: str, cells: Iterable[str], attribute: str = "") -> str:
        inside = "".join(
            f'<{tag} class="{kind}">{cell}</{tag}>' for kind, cell in zip(aligned, cells, strict=True)
        )
        return f"<tr{attribute}>{inside}</tr>"

    starts = set(table.group_starts)
    body = [
        line("td", map(_html_cell, row), ' class="group"' if number in starts else "")
        for number, row in enumerate(table.rows)
    ]
    return "\n".join(
        [
            f"<table>\n<caption>{html.escape(table.caption)}</caption>",
            f"<thead>{line('th', map(html.escape, table.header))}</thead>",
            "<tbody>",
            *body,
            "</tbody>\n</table>",
            *(f"<p>{html.escape(note)}</p>" for note in table.notes),
        ]
    )


_CSS = (
    "body{font:14px/1.4 system-ui,sans-serif;color:#222;margin:1.5em}"
    "table{border-collapse:collapse}"
    "caption{text-align:left;font-weight:600;padding-bottom:.7em}"
    "th,td{padding:.2em .7em;white-space:nowrap}"
    "thead th{position:sticky;top:0;background:#fff;border-bottom:2px solid #222}"
    ".text{text-align:left}.number{text-align:right;font-variant-numeric:tabular-nums}"
    "tr.group td{border-top:1px solid #bbb}"
    "tbody tr:hover{background:#f2f6fa}"
    "sup{font-size:.7em;line-height:0;color:#0072b2}"
    "p{max-width:60em;margin:.7em 0 0;font-size:.9em;color:#444}"
)


def write_table(table: Table, stem: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write a table as ``<stem>.csv`` (its data), ``.md``, ``.tex`` and ``.html`` (as printed).

    Parameters
    ----------
    table : Table
        The table.
    stem : path-like
        Path of the files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The four files.
    """
    texts = {
        ".csv": table.data.to_csv(index=False, lineterminator="\n"),
        ".md": to_markdown(table),
        ".tex": to_latex(table),
        ".html": to_html(table),
    }
    paths = []
    for suffix, text in texts.items():
        path = Path(f"{os.fspath(stem)}{suffix}")
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return tuple(paths)


def _right_aligned(table: Table) -> list[bool]:
    return [
        any(not isinstance(row[place], str) for row in table.rows) for place, _ in enumerate(table.header)
    ]


def _pages(table: Table) -> Iterator[Table]:
    """Cut a table into parts of at most `LATEX_PAGE` rows; the last one has the notes."""
    start = 0
    while len(table.rows) - start > LATEX_PAGE:
        end = start + LATEX_PAGE
        end = max((place for place in table.group_starts if start < place <= end), default=end)
        yield replace(
            table,
            rows=table.rows[start:end],
            group_starts=tuple(place - start for place in table.group_starts if start <= place < end),
            notes=(),
        )
        start = end
    yield replace(
        table,
        rows=table.rows[start:],
        group_starts=tuple(place - start for place in table.group_starts if place >= start),
    )


def _latex_float(table: Table, right_aligned: Iterable[bool], continued: bool) -> str:
    body = []
    for number, row in enumerate(table.rows):
        if number > 0 and number in table.group_starts:
            body.append(r"\midrule")
        body.append(" & ".join(map(_latex_cell, row)) + r" \\")
    alignment = "".join("r" if right else "l" for right in right_aligned)
    caption = f"{_escape_latex(table.caption)}{' (continued)' if continued else ''}"
    lines = [
        r"\begin{table*}",
        r"\centering",
        rf"\caption{{{caption}}}",
        r"\begin{adjustbox}{max width=\textwidth}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        " & ".join(map(_escape_latex, table.header)) + r" \\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{adjustbox}",
        *(rf"\par\smallskip{{\footnotesize {_escape_latex(note)}\par}}" for note in table.notes),
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return _escape_markdown(cell)
    return "/".join((f"**{number.text}**" if number.best else number.text) + number.mark for number in cell)


def _latex_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return _escape_latex(cell)
    return "/".join(
        (rf"\textbf{{{_escape_latex(number.text)}}}" if number.best else _escape_latex(number.text))
        + _escape_latex(number.mark)
        for number in cell
    )


def _html_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return html.escape(cell)
    parts = []
    for number in cell:
        text = html.escape(number.text)
        text = f"<b>{text}</b>" if number.best else text
        parts.append(f"{text}<sup>{number.mark}</sup>" if number.mark else text)
    return "/".join(parts)


def _escape_markdown(text: str) -> str:
    return re.sub(r"([\\`*|\[])", r"\\\1", text)


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "−": "$-$",
    "–": "--",
    "χ²": r"$\chi^2$",
    "α": r"$\alpha$",
    "±": r"$\pm$",
    BETTER: r"$^{\blacktriangle}$",
    INCOMPLETE: r"$^{\dagger}$",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def _escape_latex(text: str) -> str:
    return re.sub("χ²|.", lambda found: _LATEX.get(found[0], found[0]), text)
