"""Time a search, and compare what it costs with the classifier fits it is made of.

    python benchmarks/search.py --dataset phoneme --ir 20 --classifier tree --actors 1 --json
    python benchmarks/search.py --strategy policy_search --iterations 300

CPU seconds, not wall time, except for the iterations per second. `overhead_ratio` is all CPU of the search
per iteration over that of plain scikit-learn: fitting the classifier on the same rows and predicting those it
is scored on, measured in the same run. Memory is the resident memory of all processes (Linux only). Data sets
are those of config/config.yaml, from the OpenML cache or the network.
"""

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import yaml

from autosmote.datasets.sources import DatasetError, fetch
from autosmote.datasets.tasks import TaskError, make_task
from autosmote.evaluation.classifiers import CLASSIFIERS, make_classifier
from autosmote.evaluation.metrics import METRICS
from autosmote.search.engine import search
from autosmote.search.evolution import PolicySearchSettings, corner_starts, search_policies
from autosmote.search.folds import CrossValidation, make_folds
from autosmote.search.learner import Learner
from autosmote.search.reward import ValidationReward
from autosmote.search.rollout import Actor
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace
from autosmote.study.scorers import scorer as scorer_of

CONFIG = Path(__file__).resolve().parents[1] / "config" / "config.yaml"


class Stopwatch:
    """Add up the CPU seconds of one method of a class."""

    def __init__(self, owner: type, name: str) -> None:
        self.seconds = 0.0
        method = getattr(owner, name)

        def timed(*args, **keys):
            start = time.process_time()
            try:
                return method(*args, **keys)
            finally:
                self.seconds += time.process_time() - start

        setattr(owner, name, timed)


class Recorded(ValidationReward):
    """A reward that keeps every tenth set of samples, for the comparison."""

    def __call__(self, samples):
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls % 10 == 1:
            self.kept = [*getattr(self, "kept", []), samples]
        return super().__call__(samples)


class RecordedFolds(CrossValidation):
    """Folds that keep every tenth set of samples, for the comparison."""

    def fit(self, fold, samples):
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls % 10 == 1:
            self.kept = [*getattr(self, "kept", []), (self.folds[fold].reward, samples)]
        return super().fit(fold, samples)


class Memory:
    """The largest resident memory so far of this process and its actors, added up, in MB."""

    def __init__(self, iterations: int) -> None:
        self.iterations = iterations
        self.megabytes = 0.0

    def __call__(self, iteration) -> None:
        if iteration.iteration == self.iterations:  # The actors still run, and have seen everything.
            pids = [os.getpid(), *map(int, Path("/proc/thread-self/children").read_text().split())]
            self.megabytes = sum(map(self.of_process, pids))

    @staticmethod
    def of_process(pid: int) -> float:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 2)[2], prog="benchmarks/search.py"
    )
    parser.add_argument(
        "--dataset", default="phoneme", help="name in config/config.yaml (default: %(default)s)"
    )
    parser.add_argument("--ir", type=int, default=20, help="imbalance ratio (default: %(default)s)")
    parser.add_argument("--classifier", default="tree", choices=sorted(CLASSIFIERS))
    parser.add_argument("--metric", default="macro_f1", choices=sorted(METRICS))
    parser.add_argument("--strategy", default="paper", choices=["paper", "policy_search"])
    parser.add_argument("--iterations", type=int, default=100, help="(default: %(default)s)")
    parser.add_argument("--actors", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--evaluator", default="auto", choices=["auto", "plain"])
    parser.add_argument("--round-size", type=int, default=20, help="(default: %(default)s)")
    parser.add_argument("--device", default="cpu", help="device of the learner (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    specs = yaml.safe_load(CONFIG.read_text())["datasets"]
    names = {name.lower(): name for name in specs}
    if options.dataset.lower() not in names:
        sys.exit(f"unknown data set {options.dataset!r}; known: {', '.join(specs)}")
    name = names[options.dataset.lower()]
    specs[name].pop("domain", None)  # For Table 1.
    try:
        task = make_task(fetch(name, specs[name]), options.ir, options.seed)
    except (DatasetError, TaskError) as error:
        sys.exit(str(error))

    settings = SearchSettings.for_ratio(
        options.ir, iterations=options.iterations, round_size=options.round_size, seed=options.seed
    )
    estimator = make_classifier(options.classifier, options.seed)
    parts = (task.X_train, task.y_train, task.X_validation, task.y_validation)
    rollout, learner = Stopwatch(Actor, "episode"), Stopwatch(Learner, "learn")
    scorer = scorer_of(options.metric)
    memory = Memory(options.iterations)
    if options.strategy == "paper":
        classifier = Stopwatch(Recorded, "__call__")
    else:
        import cma  # noqa: F401  (a search imports it when it begins)

        classifier = Stopwatch(RecordedFolds, "fit")
    cpu, wall = sum(os.times()[:4]), time.perf_counter()
    if options.strategy == "paper":
        space = SearchSpace(task.X_train[task.y_train == 1], settings.neighbours)
        reward = Recorded(space, estimator, scorer, *parts, evaluator=options.evaluator)
        result = search(
            space, reward, settings, actors=options.actors, device=options.device, on_iteration=memory
        )
    else:
        keys = {"neighbours": settings.neighbours, "seed": options.seed, "evaluator": options.evaluator}
        folds = RecordedFolds(make_folds(*parts, estimator, scorer, **keys).folds)
        space = folds.folds[-1].policies.space
        result = search_policies(
            folds,
            corner_starts(options.seed),
            PolicySearchSettings(fits=options.iterations, seed=options.seed),
            actors=options.actors,
            on_iteration=memory,
        )
    cpu, wall = sum(os.times()[:4]) - cpu, time.perf_counter() - wall

    n = options.iterations
    report = {
        **{key: value for key, value in vars(options).items() if key != "json"},
        "dataset": name,
        "minority_rows": space.n_instances,
        "mean_synthetic_rows": float(result.history["n_synthetic"].mean()),
        "cpu_seconds_per_iteration": cpu / n,
        "iterations_per_second": n / wall,
        "peak_memory_mb": memory.megabytes,
    }
    if options.actors == 1:  # The work of actor processes cannot be told apart from here.
        split = {"classifier": classifier.seconds}
        if options.strategy == "paper":
            split |= {"rollout": rollout.seconds, "learner": learner.seconds}
        split["rest"] = cpu - sum(split.values())
        report |= {f"{part}_seconds_per_iteration": seconds / n for part, seconds in split.items()}
        start = time.process_time()
        kept = [(reward, samples) for samples in reward.kept] if options.strategy == "paper" else folds.kept
        for reward_, samples in kept:
            reward_.fit(samples).predict(reward_.X_validation)
        plain = (time.process_time() - start) / len(kept)
        report |= {"plain_seconds_per_iteration": plain, "overhead_ratio": cpu / n / plain}
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        for key, value in report.items():
            print(f"{key:32} {value:.4g}" if isinstance(value, float) else f"{key:32} {value}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
