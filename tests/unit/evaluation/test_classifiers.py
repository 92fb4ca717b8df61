"""The classifiers beyond Section 4.1."""

import sys
from types import ModuleType

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from autosmote.evaluation import classifiers
from autosmote.evaluation.classifiers import make_classifier


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("logistic_regression", LogisticRegression),
        ("random_forest", RandomForestClassifier),
        ("hist_gradient_boosting", HistGradientBoostingClassifier),
    ],
)
def test_classifier_is_scikit_learns_with_its_defaults(name, kind):
    made = make_classifier(name, 7)
    assert type(made) is kind
    assert made.get_params() == kind(random_state=7).get_params()


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, name):
    monkeypatch.setattr(classifiers, "find_spec", lambda package: None)
    with pytest.raises(ImportError) as error:
        make_classifier(name, 0)
    message = f"classifier {name!r} needs {name}, which is not installed: pip install '{name}'"
    assert str(error.value) == message


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_boosting_of_other_packages_gets_the_seed_and_one_thread(monkeypatch, name):
    module = ModuleType(name)
    module.LGBMClassifier = module.XGBClassifier = lambda **settings: settings
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(classifiers, "find_spec", lambda package: object())
    settings = make_classifier(name, 3)
    assert (settings["random_state"], settings["n_jobs"]) == (3, 1)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_boosting_of_other_packages_ranks_rows(name):
    pytest.importorskip(name)
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = (X[:, 0] > 1).astype(int)
    model = make_classifier(name, 0).fit(X, y)
    assert model.predict_proba(X)[y == 1, 1].mean() > model.predict_proba(X)[y == 0, 1].mean()
