"""Where the files of a study lie."""

from pathlib import Path

from autosmote.study import layout


def test_name_of_a_changed_setting_is_found_in_the_path_of_its_search() -> None:
    search = layout.GRID_SEARCH.format(
        changed="g2_max-20", dataset="a", imbalance_ratio=20, classifier="svm", metric="mcc", seed=1
    )
    assert layout.changed_setting(Path("results", search, layout.RESULT)) == "g2_max-20"
