"""Tell a classifier that cannot be fitted to some rows from a bug."""

# scikit-learn has no exception type of its own for these.
_REFUSALS = ("Expected n_neighbors <= n_samples_fit", "ensemble is worse than random")


def is_refusal(error: ValueError) -> bool:
    """Tell whether a base classifier cannot be fitted to a resampled training set, from a bug.

    Parameters
    ----------
    error : ValueError
        What fitting or predicting raised.

    Returns
    -------
    bool
        True if there are fewer rows than KNN has neighbours, or if AdaBoost's first stump cannot tell the
        classes apart.
    """
    return any(text in str(error) for text in _REFUSALS)
