"""The names of metrics and classifiers, and how they are printed. Nothing is imported here.

The library, the commands and the configuration use the same names. What they stand for is in
`autosmote.evaluation`.
"""

METRICS = {
    "macro_f1": "Macro-F1",
    "mcc": "MCC",
    "average_precision": "Average precision",
    "balanced_accuracy": "Balanced accuracy",
    "g_mean": "G-mean",
    "roc_auc": "ROC AUC",
}
"""Metrics, first those of Section 4.1: name, and name in print."""

CLASSIFIERS = {
    "svm": "SVM",
    "knn": "KNN",
    "tree": "Decision tree",
    "adaboost": "AdaBoost",
    "logistic_regression": "Logistic regression",
    "random_forest": "Random forest",
    "hist_gradient_boosting": "Histogram gradient boosting",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
}
"""Base classifiers, first those of Section 4.1: name, and name in print."""

SCORERS = {
    "macro_f1": "f1_macro",
    "mcc": "matthews_corrcoef",
    "average_precision": "average_precision",
    "balanced_accuracy": "balanced_accuracy",
    "g_mean": "geometric_mean_score",
    "roc_auc": "roc_auc",
}
"""What scikit-learn calls the scorer of each metric; the function of imbalanced-learn where it has none."""
