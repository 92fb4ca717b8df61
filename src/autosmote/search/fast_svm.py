"""LinearSVC's predictions without the checks around its solver.

With a few thousand rows the checks of `LinearSVC.fit` take two or three times as long as the solver. The rows
of a search have been checked before it, and the synthetic ones are means of them. Here scikit-learn's solver
is called with what `LinearSVC.fit` calls it with, so the coefficients are the same to the last bit. It is
private to scikit-learn; `tests/unit/search/test_fast_svm.py` compares with the public class.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.svm import LinearSVC, _liblinear
from sklearn.svm._base import _get_liblinear_solver_type
from sklearn.svm._classes import _validate_dual_parameter
from sklearn.utils import check_random_state

from autosmote.search.space import Samples, SearchSpace


class LinearSVCPredictor:
    """Predict the validation rows as a LinearSVC fitted on training plus synthetic rows does.

    Parameters
    ----------
    space : SearchSpace
        Of the minority rows of `X_train`.
    estimator : LinearSVC
        Unfitted, one that `supports` accepts.
    X_train, X_validation : ndarray of float64, shape (n_rows, n_features)
        Finite numbers.
    y_train : ndarray, shape (n_rows,)
        Labels of two classes.
    """

    def __init__(
        self,
        space: SearchSpace,
        estimator: LinearSVC,
        X_train: NDArray[np.float64],
        y_train: NDArray,
        X_validation: NDArray[np.float64],
    ) -> None:
        self._classes = np.unique(y_train)
        self._space, self._estimator = space, estimator
        self._X_train, self._X_validation = X_train, X_validation
        self._y = (y_train == self._classes[1]).astype(np.float64)
        self._label = float(space.labels[0] == self._classes[1])
        self._seed = check_random_state(estimator.random_state).randint(np.iinfo(np.intc).max)

    @staticmethod
    def supports(estimator: ClassifierMixin, X_train: NDArray[np.float64]) -> bool:
        """Whether `predict` gives what this estimator would on these rows.

        Parameters
        ----------
        estimator : classifier
        X_train : ndarray, shape (n_rows, n_features)

        Returns
        -------
        bool
            True for LinearSVC itself, not a subclass, with valid parameters, the L2 penalty, no class weights
            and an integer random state, and for rows of finite float64 numbers.
        """
        if type(estimator) is not LinearSVC:
            return False
        estimator._validate_params()
        X = np.asarray(X_train)
        return (
            estimator.penalty == "l2"
            and estimator.multi_class == "ovr"
            and estimator.class_weight is None
            and not estimator.verbose
            and isinstance(estimator.random_state, Integral)
            and X.ndim == 2
            and X.dtype == np.float64
            and bool(np.isfinite(X).all())
        )

    def predict(self, samples: Samples) -> NDArray:
        """Predict the validation rows.

        Parameters
        ----------
        samples : Samples
            The synthetic rows.

        Returns
        -------
        ndarray, shape (n_validation,)
            Labels, equal to those that a clone of the estimator predicts after a fit on the training rows
            followed by the synthetic rows.
        """
        X = np.concatenate([self._X_train, self._space.interpolate(samples)])
        y = np.concatenate([self._y, np.full(len(samples), self._label)])
        svm = self._estimator
        dual = _validate_dual_parameter(svm.dual, svm.loss, svm.penalty, svm.multi_class, X)
        _liblinear.set_verbosity_wrap(0)
        coefficients, _ = _liblinear.train_wrap(
            X,
            y,
            False,  # Not sparse.
            _get_liblinear_solver_type(svm.multi_class, svm.penalty, svm.loss, dual),
            svm.tol,
            svm.intercept_scaling if svm.fit_intercept else -1.0,
            svm.C,
            np.ones(2),  # Class weights.
            svm.max_iter,
            self._seed,
            0.1,  # For regression only.
            np.ones(len(y)),
        )
        intercept = 0.0
        if svm.fit_intercept:
            coefficients, intercept = coefficients[:, :-1], svm.intercept_scaling * coefficients[:, -1]
        # The product that `decision_function` takes: another order of sums may round to another side.
        decision = (self._X_validation @ coefficients.T + intercept).ravel()
        return self._classes[(decision > 0).astype(np.intp)]
