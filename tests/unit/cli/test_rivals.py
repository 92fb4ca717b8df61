"""Rivals of AutoSMOTE as estimators: against imbalanced-learn, against repeated rows, by hand."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, BorderlineSMOTE
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from autosmote.cli import rivals
from autosmote.cli.case import Case
from autosmote.cli.codes import Codes
from autosmote.cli.csv_table import with_encoding
from autosmote.cli.rivals import ClassWeighted, RatioSampler
from autosmote.samplers.spec import NotApplicable


@pytest.fixture
def three_classes():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [80, 40, 12])
    return rng.normal(size=(len(y), 3)) + y[:, None], y


@pytest.mark.parametrize("sampler", [SMOTE, BorderlineSMOTE])
@pytest.mark.parametrize("positive", [0, 1])
def test_two_classes_are_resampled_as_by_imbalanced_learn(three_classes, sampler, positive):
    X, y = three_classes[0][:120], np.repeat([1 - positive, positive], [80, 40])
    ours = RatioSampler(sampler.__name__, 0.9, 3, 7).fit_resample(X, y)
    theirs = sampler(sampling_strategy=0.9, random_state=7).fit_resample(X, (y == positive).astype(int))
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], np.where(theirs[1] == 1, positive, 1 - positive))


def test_of_more_classes_one_after_the_other_is_over_sampled(three_classes):
    X, y = three_classes
    rows, labels = RatioSampler("SMOTE", 0.8, 3, 0).fit_resample(X, y)
    np.testing.assert_array_equal(rows[: len(X)], X)
    np.testing.assert_array_equal(np.bincount(labels), [80, 64, 64])
    # Synthetic rows lie in the box of their class.
    for label in (1, 2):
        made = rows[len(X) :][labels[len(X) :] == label]
        given = X[y == label]
        assert (made >= given.min(axis=0)).all() and (made <= given.max(axis=0)).all()
    with pytest.raises(NotApplicable, match="takes two classes"):
        RatioSampler("RandomUnderSampler", 1.0, 3, 0).fit_resample(X, y)
    with pytest.raises(NotApplicable, match="already"):
        RatioSampler("SMOTE", 0.1, 3, 0).fit_resample(X, y)


def test_weights_are_those_of_repeated_rows(three_classes):
    X, y = three_classes
    weighted = ClassWeighted(LogisticRegression(max_iter=5000), ratio=0.5).fit(X, y)
    # Classes of 40 and 12 rows get at least the weight of 40.
    repeated = LogisticRegression(max_iter=5000).fit(X, y, sample_weight=np.array([1, 1, 40 / 12])[y])
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X))
    assert not hasattr(ClassWeighted(KNeighborsClassifier()), "decision_function")


def test_a_ratio_is_chosen_by_the_score_on_the_folds(three_classes):
    X, y = three_classes
    frame = pd.DataFrame(X, columns=list("abc"))
    case = Case(Codes(pd.Series(y.astype(str))), "knn", "macro_f1")
    folds = list(StratifiedKFold(4, shuffle=True, random_state=0).split(X, y))
    model, note = rivals.fit("SMOTE", case, frame, y, folds, 3)
    assert note == ""
    scores = [
        cross_val_score(
            model.estimator.set_params(sampler__ratio=ratio), frame, y, cv=folds, scoring="f1_macro"
        )
        for ratio in (0.6, 1.0)
    ]
    found = model.cv_results_["mean_test_score"]
    np.testing.assert_allclose([np.mean(score) for score in scores], [found[5], found[9]])
    assert model.best_score_ == np.nanmax(found)
    assert model.best_params_["sampler__ratio"] == rivals.RATIOS[int(np.nanargmax(found))]


class RefusesFew(DecisionTreeClassifier):
    """A tree that wants five rows of the rarer class."""

    def fit(self, X, y, sample_weight=None):
        if y.sum() < 5:
            raise ValueError("too few rows")
        return super().fit(X, y, sample_weight)


class CaseOfRefusals(Case):
    def pipeline(self, seed):
        return with_encoding(RefusesFew(random_state=seed))


def test_a_ratio_is_chosen_only_where_one_could_be_scored_on_all_folds():
    # Of six rows, folds keep four or five to train on.
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], [40, 6])
    frame = pd.DataFrame(rng.normal(size=(46, 2)) + y[:, None], columns=list("ab"))
    folds = list(StratifiedKFold(4, shuffle=True, random_state=0).split(frame, y))
    assert {int(y[train].sum()) for train, _ in folds} == {4, 5}
    case = CaseOfRefusals(Codes(pd.Series(y.astype(str))), "tree", "macro_f1")
    with pytest.raises(NotApplicable, match="no ratio could be scored on all folds"):
        rivals.fit("ClassWeight", case, frame, y, folds, 0)
