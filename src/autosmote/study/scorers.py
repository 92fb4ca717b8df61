"""The metrics of the study as scorers, which a search asks for the score of a fitted classifier."""

from __future__ import annotations

from sklearn.metrics import make_scorer

from autosmote.evaluation.metrics import METRICS, needs_scores
from autosmote.search.reward import LabelScorer, Scorer
from autosmote.utils.responses import RESPONSES


def scorer(metric: str) -> Scorer:
    """Return the scorer of a metric.

    Parameters
    ----------
    metric : str
        A key of `METRICS`.

    Returns
    -------
    callable
        ``scorer(fitted_classifier, X, y)``. Where the metric needs scores, each classifier is fitted in the
        plain way, and policy search averages the values of its folds (`autosmote.search.folds`).
    """
    measure = METRICS[metric]
    if needs_scores(measure):
        return make_scorer(measure, response_method=RESPONSES)
    return LabelScorer(measure)
