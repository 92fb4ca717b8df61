"""The names of metrics and classifiers, and how they are printed. Nothing is imported here.

The library, the commands and the configuration use the same names. What they stand for is in
`autosmote.evaluation`.
"""

METRICS = {"macro_f1": "Macro-F1", "mcc": "MCC"}
"""Metrics of Section 4.1: name, and name in print."""

CLASSIFIERS = {"svm": "SVM", "knn": "KNN", "tree": "Decision tree", "adaboost": "AdaBoost"}
"""Base classifiers of Section 4.1: name, and name in print."""

SCORERS = {"macro_f1": "f1_macro", "mcc": "matthews_corrcoef"}
"""What scikit-learn calls the scorer of each metric."""
