"""One classifier and one score on a person's table, by the names that the user gives."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sklearn.base import ClassifierMixin, is_classifier

from autosmote.cli.codes import CodedClassifier, CodedScorer, Codes
from autosmote.cli.csv_table import with_encoding
from autosmote.estimator.autosmote import AutoSMOTE, find_scorer
from autosmote.evaluation.classifiers import CLASSIFIERS, make_classifier
from autosmote.utils.errors import UnknownNameError, nearest


@dataclass(frozen=True)
class Case:
    """A classifier and a score for the classes of a table.

    Parameters
    ----------
    codes : Codes
    estimator, scoring : str
        What the user calls classifier and score; see `make_estimator` and `find_scorer`.
    """

    codes: Codes
    estimator: str
    scoring: str

    def pipeline(self, seed: int) -> Any:
        """The classifier behind the encoding of the columns, unfitted; it is given codes.

        Parameters
        ----------
        seed : int

        Returns
        -------
        sklearn.pipeline.Pipeline
        """
        return with_encoding(make_estimator(self.estimator, seed))

    def classifier(self, seed: int) -> CodedClassifier:
        """The same classifier for labels."""
        return CodedClassifier(self.pipeline(seed), self.codes, self.estimator)

    def scorer(self) -> CodedScorer:
        """The score of a classifier of this case, on rows and labels."""
        return CodedScorer(find_scorer(self.scoring), self.codes, self.scoring, self.estimator)

    def sampler(self, seed: int, **parameters: Any) -> AutoSMOTE:
        """AutoSMOTE for this case.

        Parameters
        ----------
        seed : int
            Of the classifier and of the search.
        **parameters : dict
            Others of `AutoSMOTE`.

        Returns
        -------
        AutoSMOTE
        """
        return AutoSMOTE(self.classifier(seed), scoring=self.scorer(), random_state=seed, **parameters)


def make_estimator(name: str, seed: int) -> ClassifierMixin:
    """Make a base classifier of the study by its name, or any classifier by its module and class.

    Parameters
    ----------
    name : str
        Such as ``"tree"`` or ``"sklearn.linear_model.LogisticRegression"``.
    seed : int
        Random state, for those that take one.

    Returns
    -------
    classifier
        With its default parameters.

    Raises
    ------
    ValueError
        If there is no such classifier, or it cannot be made.
    """
    if name in CLASSIFIERS:
        return make_classifier(name, seed)
    module, _, class_name = name.rpartition(".")
    if not module:
        raise UnknownNameError("estimator", name, CLASSIFIERS)
    try:
        made_in = importlib.import_module(module)
        if not hasattr(made_in, class_name):
            raise ValueError(_no_such_class(module, class_name, dir(made_in)))
        estimator = getattr(made_in, class_name)()
    except (Exception, SystemExit) as error:  # It is the user's choice what is imported.
        raise ValueError(f"--estimator {name} cannot be made: {error}") from error
    if not (hasattr(estimator, "fit") and is_classifier(estimator)):
        raise ValueError(f"--estimator {name} is no classifier of scikit-learn's kind")
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    return estimator


def _no_such_class(module: str, name: str, known: Iterable[str]) -> str:
    close = nearest(name, known)
    hint = "" if close is None else f"; did you mean '{module}.{close}'?"
    return f"{module} has no {name!r}{hint}"
