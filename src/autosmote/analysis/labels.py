"""How the names of the score table are written in tables and figures."""

METRICS = {"macro_f1": "Macro-F1", "mcc": "MCC"}
CLASSIFIERS = {"svm": "SVM", "knn": "KNN", "tree": "Decision tree", "adaboost": "AdaBoost"}
SAMPLERS = {"NoResampling": "No resampling"}
VARIANT_PREFIX = "smote_variants."


def metric_label(name: str) -> str:
    """Return the printed name of a metric, or `name` itself if it has no other."""
    return METRICS.get(name, name)


def classifier_label(name: str) -> str:
    """Return the printed name of a base classifier, or `name` itself if it has no other."""
    return CLASSIFIERS.get(name, name)


def sampler_label(name: str) -> str:
    """Return the printed name of a sampler; a SMOTE variant's is its class alone."""
    return SAMPLERS.get(name, name.removeprefix(VARIANT_PREFIX))
