"""A classifier and a score by name, beside the same given to the sampler as objects."""

import numpy as np
import pandas as pd
import pytest

from autosmote import AutoSMOTE
from autosmote.cli.case import Case
from autosmote.cli.codes import Codes


@pytest.mark.parametrize("scoring", ["macro_f1", "f1", "roc_auc"])
def test_the_command_searches_as_the_sampler_does(scoring):
    rng = np.random.default_rng(0)
    labels = pd.Series(["a"] * 100 + ["b"] * 12)
    X = pd.DataFrame(
        rng.normal(size=(112, 2)) + 1.0 * (labels == "b").to_numpy()[:, None], columns=["x", "y"]
    )
    case = Case(Codes(labels), "tree", scoring)
    by_name = case.sampler(0, n_iterations=13)
    rows, _ = by_name.fit_resample(X, labels)
    direct = AutoSMOTE(case.pipeline(0), scoring=scoring, n_iterations=13, random_state=0)
    expected, _ = direct.fit_resample(X, case.codes.encode(labels))
    pd.testing.assert_frame_equal(rows, expected)
    for score in ("best_score_", "baseline_score_", "smote_score_"):
        assert getattr(by_name, score) == getattr(direct, score)
