"""A table's CSV, Markdown, LaTeX and HTML files."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from score_rows import superior

from autosmote.tables.rendering import (
    BETTER,
    INCOMPLETE,
    LATEX_PAGE,
    Number,
    Table,
    group_column,
    to_html,
    to_latex,
    to_markdown,
    write_table,
)
from autosmote.tables.table2 import make as table2


def check_latex(text):
    """Check what a LaTeX run would stumble over: braces, environments and the number of cells in each row."""
    text = re.sub(r"(?m)^%.*$", "", text)
    bare = re.sub(r"\\[\\&%$#_{}]", "", text)
    assert bare.count("{") == bare.count("}")
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{([^}]*)\}", bare):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert not re.search(r"[%#]", bare)
    # Underscores and carets have a meaning only between dollars, which come in pairs.
    assert not re.search(r"[_^<>]", re.sub(r"\$[^$]*\$", "", bare))
    assert bare.count("$") % 2 == 0
    columns = len(re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)[1])
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert lines
    for line in lines:
        assert len(re.findall(r"(?<!\\)&", line)) == columns - 1


AWKWARD = r"a&b_100% {x} $1 #2 ~3 ^4 \5 <6>"


def test_latex_escapes():
    table = Table(pd.DataFrame(), AWKWARD, (AWKWARD, "n"), ((AWKWARD, (Number("1"),)),), notes=(AWKWARD,))
    latex = to_latex(table)
    check_latex(latex)
    escaped = r"a\&b\_100\% \{x\} \$1 \#2 \textasciitilde{}3 \textasciicircum{}4 \textbackslash{}5 $<$6$>$"
    assert latex.count(escaped) == 4


def test_markdown_escapes():
    table = Table(pd.DataFrame(), "c", ("a|b", "n"), (("*x*", (Number("1", mark=BETTER),)),))
    assert to_markdown(table) == "c\n\n| a\\|b | n |\n| --- | ---: |\n| \\*x\\* | 1▲ |\n"


def test_latex_of_a_real_table_is_sound():
    check_latex(to_latex(table2(superior(6, NoResampling=0.1, SMOTE=0.2))))


def long_table(groups, rows_per_group):
    labels = [f"g{number}" for number in range(groups) for _ in range(rows_per_group)]
    cells, starts = group_column(labels)
    rows = tuple((cell, (Number(str(place)),)) for place, cell in enumerate(cells))
    return Table(pd.DataFrame(), "Long", ("Group", "n"), rows, starts, notes=("A note",))


@pytest.mark.parametrize(("groups", "size"), [(1, LATEX_PAGE), (1, LATEX_PAGE + 1), (20, 12), (3, 130)])
def test_long_tables_are_continued_at_groups(groups, size):
    latex = to_latex(long_table(groups, size))
    floats = latex.split(r"\begin{table*}")[1:]
    numbers = [[int(n) for n in re.findall(r"& (\d+) ", part)] for part in floats]
    assert [n for page in numbers for n in page] == list(range(groups * size))
    assert max(map(len, numbers)) <= LATEX_PAGE
    for part, page in zip(floats, numbers, strict=True):
        check_latex(r"\begin{table*}" + part)
        if size < LATEX_PAGE:  # every group fits on a page, so none is cut
            assert page[0] % size == 0
        assert ("(continued)" in part) == (page[0] > 0)
        assert ("A note" in part) == (page == numbers[-1])


class _Page(HTMLParser):
    """The text of all cells, row by row, and the tags that are open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.kinds = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
            self.kinds.append(dict(attrs).get("class"))
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_html_has_every_cell_and_closes_every_tag():
    table = Table(
        pd.DataFrame(),
        "A <caption> & more",
        ("<a>", "n"),
        (("x & <y>", (Number("1", best=True), Number("2", mark=BETTER))), ("z", "")),
        group_starts=(0, 1),
        notes=("p < 0.05",),
    )
    text = to_html(table)
    page = _Page(text)
    assert page.open == []
    assert page.rows == [["<a>", "n"], ["x & <y>", f"1/2{BETTER}"], ["z", ""]]
    assert page.kinds == [None, "group", "group"]
    assert "<b>1</b>/2<sup>▲</sup>" in text
    assert "<p>p &lt; 0.05</p>" in text
    assert "http" not in text  # nothing has to be fetched


def test_a_table_without_rows_is_printed():
    table = Table(pd.DataFrame({"a": []}), "c", ("a", "b"), (), notes=("Nothing.",))
    assert to_markdown(table) == "c\n\n| a | b |\n| --- | --- |\n\nNothing.\n"
    assert _Page(to_html(table)).rows == [["a", "b"]]
    assert r"\toprule" in to_latex(table)


def test_marks_and_signs_in_latex():
    cells = ((Number("−1.5 ± 0.2", mark=INCOMPLETE),),)
    assert r"$-$1.5 $\pm$ 0.2$^{\dagger}$ \\" in to_latex(Table(pd.DataFrame(), "c", ("n",), (cells,)))


def test_greek_in_latex_is_mathematics():
    latex = to_latex(Table(pd.DataFrame(), "χ² at α", ("χ²",), ((((Number("–"),)),),)))
    assert r"\caption{$\chi^2$ at $\alpha$}" in latex
    assert "\n-- \\\\\n" in latex
    check_latex(latex)


def test_groups_are_named_once():
    assert group_column(["a", "a", "b", "a"]) == (["a", "", "b", "a"], (0, 2, 3))
    assert group_column([]) == ([], ())


def test_written_files(tmp_path):
    table = table2(superior(6, NoResampling=0.1))
    paths = write_table(table, tmp_path / "tables" / "table2.v1")
    assert [path.name for path in paths] == [
        "table2.v1.csv",
        "table2.v1.md",
        "table2.v1.tex",
        "table2.v1.html",
    ]
    assert sorted(path.name for path in paths[0].parent.iterdir()) == sorted(path.name for path in paths)
    read = pd.read_csv(paths[0])
    assert list(read["average_rank"]) == pytest.approx(list(table.data["average_rank"]))
    assert list(read["missing"]) == list(table.data["missing"])
    assert paths[1].read_text(encoding="utf-8") == to_markdown(table)
    assert paths[2].read_text(encoding="utf-8") == to_latex(table)
    assert paths[3].read_text(encoding="utf-8") == to_html(table)
    before = [path.read_bytes() for path in paths]
    write_table(table2(superior(6, NoResampling=0.1)), tmp_path / "tables" / "table2.v1")
    assert [path.read_bytes() for path in paths] == before
