"""Data sets, their preprocessing and the imbalanced tasks made from them."""

from autosmote.datasets.preprocessing import Encoder
from autosmote.datasets.sources import Dataset, DatasetError, fetch, load_dataset, save_dataset
from autosmote.datasets.tasks import (
    Task,
    TaskError,
    dataset_summary,
    imbalanced_counts,
    load_task,
    make_task,
    save_task,
)

__all__ = [
    "Dataset",
    "DatasetError",
    "Encoder",
    "Task",
    "TaskError",
    "dataset_summary",
    "fetch",
    "imbalanced_counts",
    "load_dataset",
    "load_task",
    "make_task",
    "save_dataset",
    "save_task",
]
