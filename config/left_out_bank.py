"""Policy search from a bank of the study's other data sets: a strategy for `config/left_out_bank.yaml`."""

from pathlib import Path

from autosmote.datasets.tasks import Task
from autosmote.search.settings import SearchSettings
from autosmote.study import policy_strategies
from autosmote.study.strategy import Execution, Found, Strategy

BANKS = Path("results/banks")
"""Where the banks are, relative to the working directory: one for each data set, learned without it."""


def find(task: Task, classifier: str, metric: str, settings: SearchSettings, execution: Execution) -> Found:
    """Search for policies from the bank that was learned without the data set of the task."""
    bank = BANKS / f"{task.dataset}.json"
    if not bank.is_file():
        raise FileNotFoundError(
            f"there is no {bank}; write it with `python -m autosmote.study.bank --results FOLDER --leave-out "
            f"{task.dataset} --out {bank}`, where FOLDER holds the results of a study with policy_search"
        )
    return policy_strategies.find_policies(
        task, classifier, metric, settings, execution, prior="bank", bank=bank
    )


STRATEGY = Strategy(
    name="left_out_bank",
    label="Policy search from the other data sets",
    category="Extension",
    reference="this project",
    changes="policies with few parameters, from those that were good on the other data sets of the study on",
    find=find,
    code=policy_strategies.CODE,
)
