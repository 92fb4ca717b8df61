"""The results of a study as runs in MLflow."""
