"""The scores of incumbents by the number of fits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autosmote.figures import fits

pytest.importorskip("matplotlib", reason="needs the study extra")


def curve(sampler: str, dataset: str, scores: list[float]) -> pd.DataFrame:
    cell = {"dataset": dataset, "imbalance_ratio": 20, "classifier": "tree", "metric": "mcc", "seed": 0}
    table = pd.DataFrame({"iteration": np.arange(1, len(scores) + 1), "incumbent_test_score": scores})
    table["incumbent_large_test_score"] = table["incumbent_test_score"] / 2
    return table.assign(sampler=sampler, category="Extension", **cell)


@pytest.fixture
def curves() -> pd.DataFrame:
    nothing = float("nan")
    return pd.concat(
        [
            curve("A", "one", [0.1, 0.3, 0.3]),
            curve("A", "two", [nothing, 0.5, 0.7]),
            curve("B", "one", [0.2, 0.4]),
            curve("B", "two", [0.6, 0.6]),
            curve("A", "three", [0.9, 0.9, 0.9]),  # B has not searched it
        ]
    )


def test_means_are_over_the_cells_that_all_have(curves: pd.DataFrame) -> None:
    table = fits.by_fits(curves, "incumbent_test_score").set_index(["sampler", "iteration"])
    # In its first iteration A has no incumbent on the second data set; B stays as it ended.
    assert table.index.tolist() == [("A", 2), ("A", 3), ("B", 1), ("B", 2), ("B", 3)]
    assert table["mean"].tolist() == pytest.approx([0.4, 0.5, 0.4, 0.5, 0.5])
    # The cells end at 0.35 and 0.65 on average: A is 0.05 below and 0.05 above them.
    assert table.loc[("A", 3), "error"] == pytest.approx(np.std([-0.05, 0.05], ddof=1) / np.sqrt(2))
    assert set(table["cells"]) == {2}


def test_strategies_without_a_common_cell_are_refused(curves: pd.DataFrame) -> None:
    apart = curves[(curves["sampler"] == "A") & (curves["dataset"] != "one") | (curves["dataset"] == "one")]
    apart = apart[~((apart["sampler"] == "A") & (apart["dataset"] == "one"))]
    with pytest.raises(ValueError, match="no cell has an incumbent_test_score of all of A, B"):
        fits.by_fits(apart, "incumbent_test_score")


@pytest.mark.parametrize("large", [True, False])
def test_figure_has_a_panel_per_test_set(curves: pd.DataFrame, tmp_path: Path, large: bool) -> None:
    if not large:
        curves["incumbent_large_test_score"] = float("nan")
    written = fits.plot(curves, tmp_path / "fits")
    assert all(path.stat().st_size for path in written)
