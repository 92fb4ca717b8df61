"""What a table, figure or page of the study is, and how its files are made."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from autosmote.analysis.scores import VIEWS
from autosmote.figures import style
from autosmote.tables.rendering import Table, write_table
from autosmote.utils.storage import atomic_path

SUFFIXES = {"table": ("html", "csv", "md", "tex"), "figure": ("png", "pdf"), "page": ("html",)}
"""The files of each kind; the first is shown in Snakemake's report."""

SOURCES: dict[str, tuple[str, ...]] = {
    "datasets": ("autosmote.datasets.preprocessing", "autosmote.datasets.tasks"),
    "scores": (),
    **dict.fromkeys(VIEWS, ()),
    "learning_curves": (),
    "hyperparameters": (),
    "case_study": ("autosmote.study.case_study",),
    "samples": ("autosmote.study.search_samples",),
}
"""What a product may read, and the modules that read it beyond ``autosmote.analysis``.

- ``datasets``: what `autosmote.datasets.tasks.dataset_summary` returns, one per data set;
- ``scores``: the score table, see `autosmote.analysis.scores`;
- `VIEWS`: the score table with another of its scores in place of the test score;
- ``learning_curves``: see `autosmote.analysis.learning_curves.collect`;
- ``hyperparameters``: see `autosmote.study.hyperparameters.Grids.collect`;
- ``case_study``: an `autosmote.study.case_study.CaseStudy`;
- ``samples``: an iterable of `autosmote.study.search_samples.SearchSamples`.
"""


@dataclass(frozen=True)
class Product:
    """A table, a figure or a page.

    Parameters
    ----------
    name : str
        Name of its files, and of the target of the workflow.
    title, caption : str
        What the report shows in its list, and beside the table, figure or page.
    make : callable
        A function of a module of ``autosmote.tables`` or ``autosmote.pages``, which takes what is read, or of
        ``autosmote.figures``, which also takes the path of the files without their suffix.
    section : str or None
        Where the report lists it; None keeps it out.
    reads : tuple of str, default ("scores",)
        Keys of `SOURCES`, in the order in which `make` takes them.
    may_read : tuple of str, default ()
        Keys of `SOURCES` that `make` takes as keyword arguments where they are there.
    needs : str or None, default None
        The category of methods without which there is nothing to show.
    options : tuple of str, default ()
        The keyword arguments of `make` that a study sets.
    """

    name: str
    title: str
    caption: str
    make: Callable[..., Any]
    section: str | None
    reads: tuple[str, ...] = ("scores",)
    may_read: tuple[str, ...] = ()
    needs: str | None = None
    options: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``table``, ``page`` or ``figure``, by the folder of the function."""
        folders = {"autosmote.tables": "table", "autosmote.pages": "page"}
        return folders.get(self.make.__module__.rpartition(".")[0], "figure")

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that its content depends on, this one included; not the list that it stands in."""
        of_sources = (module for source in (*self.reads, *self.may_read) for module in SOURCES[source])
        # The printed names of metrics and classifiers stand in `names`.
        shared = (__name__, "autosmote.analysis", "autosmote.utils.names")
        drawn_from = ("autosmote.tables", "autosmote.figures") if self.kind == "page" else ()
        return *shared, f"autosmote.{self.kind}s", *drawn_from, *of_sources

    @property
    def function(self) -> str:
        """Name of the function with its module."""
        return f"{self.make.__module__}.{self.make.__qualname__}"

    def files(self, results: str | os.PathLike[str]) -> dict[str, Path]:
        """Return the paths of its files in a folder of results, by suffix."""
        folder = Path(results, f"{self.kind}s")
        return {suffix: folder / f"{self.name}.{suffix}" for suffix in SUFFIXES[self.kind]}

    def write(
        self, sources: Mapping[str, Any], results: str | os.PathLike[str], **options: Any
    ) -> tuple[Path, ...]:
        """Make its files.

        Parameters
        ----------
        sources : mapping of str to object
            At least what it reads, by the keys of `SOURCES`; also what it may read.
        results : path-like
            The files go into its folder ``tables``, ``figures`` or ``pages``.
        **options
            Those of its `options` that are not to be as by default; what it does not take is left out.

        Returns
        -------
        tuple of pathlib.Path
            The files.

        Raises
        ------
        ValueError
            If what it reads has nothing to show.
        """
        read = [sources[name] for name in self.reads]
        if self.reads[0] in VIEWS and read[0].empty:
            return self._write_nothing(results)
        chosen = {name: options[name] for name in self.options if name in options}
        chosen |= {name: sources[name] for name in self.may_read if name in sources}
        stem = Path(results, f"{self.kind}s", self.name)
        if self.kind == "table":
            return write_table(self.make(*read, **chosen), stem)
        if self.kind == "page":
            path = stem.with_suffix(".html")
            with atomic_path(path) as temporary:
                temporary.write_text(self.make(*read, **chosen), encoding="utf-8", newline="\n")
            return (path,)
        return tuple(self.make(*read, stem, **chosen))

    def _write_nothing(self, results: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Say that no method has these scores: no task has unused minority rows, or nothing was refitted."""
        note = f"No method has a {VIEWS[self.reads[0]]}."
        stem = Path(results, f"{self.kind}s", self.name)
        if self.kind == "table":
            return write_table(Table(pd.DataFrame(), self.caption, ("Method",), (), notes=(note,)), stem)
        with style.new_figure(4, 1) as figure:
            figure.text(0.5, 0.5, note, ha="center", va="center")
            return style.save(figure, stem)
