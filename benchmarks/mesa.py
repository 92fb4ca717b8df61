"""Compare MESA's trained meta-sampler with random actions: the same ensembles, rows drawn without a policy.

    python benchmarks/mesa.py --dataset phoneme --ir 20 --seeds 0 1 2

Per seed (split and everything else) a meta-sampler is trained for the metric, with each of the two masks of
`terminal_mask`. Mean and standard deviation on the test rows over --fits ensembles each; the difference from
random actions has the standard error of a difference of means over these fits.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import yaml
from sklearn.metrics import average_precision_score

from autosmote.datasets.sources import DatasetError, fetch
from autosmote.datasets.tasks import TaskError, make_task
from autosmote.evaluation.classifiers import CLASSIFIERS, make_classifier
from autosmote.evaluation.metrics import METRICS, needs_scores
from autosmote.samplers.mesa import EnsembleTraining, build_ensemble, train_meta_sampler
from autosmote.samplers.soft_actor_critic import TERMINAL_MASKS
from autosmote.utils.threads import one_thread

CONFIG = Path(__file__).resolve().parents[1] / "config" / "config.yaml"
MEASURES = {
    "aucprc": average_precision_score,
    **{
        name: metric if needs_scores(metric) else lambda y, p, metric=metric: metric(y, p > 0.5)
        for name, metric in METRICS.items()
    },
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], prog="benchmarks/mesa.py")
    parser.add_argument(
        "--dataset", default="phoneme", help="name in config/config.yaml (default: %(default)s)"
    )
    parser.add_argument("--ir", type=int, default=20, help="imbalance ratio (default: %(default)s)")
    parser.add_argument("--classifier", default="tree", choices=sorted(CLASSIFIERS))
    parser.add_argument("--metric", default="aucprc", choices=sorted(MEASURES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(default: %(default)s)")
    parser.add_argument("--fits", type=int, default=20, help="ensembles per number (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    specs = yaml.safe_load(CONFIG.read_text())["datasets"]
    names = {name.lower(): name for name in specs}
    if options.dataset.lower() not in names:
        sys.exit(f"unknown data set {options.dataset!r}; known: {', '.join(specs)}")
    name = names[options.dataset.lower()]
    specs[name].pop("domain", None)  # For Table 1.
    measure = MEASURES[options.metric]
    print(f"{name}, IR {options.ir}, {options.classifier}, {options.metric}, {options.fits} ensembles each")
    gains: dict[str, list[float]] = {mask: [] for mask in TERMINAL_MASKS}
    for seed in options.seeds:
        try:
            task = make_task(fetch(name, specs[name]), options.ir, seed)
        except (DatasetError, TaskError) as error:
            sys.exit(str(error))
        rng = np.random.default_rng(seed)
        process = EnsembleTraining(
            task.X_train,
            task.y_train,
            task.X_validation,
            task.y_validation,
            make_classifier(options.classifier, seed),
            measure,
            members=10,
            rng=rng,
        )

        def scores(act, task=task, process=process):
            ensembles = (build_ensemble(process, act) for _ in range(options.fits))
            return np.array([measure(task.y_test, e.probabilities(task.X_test)) for e in ensembles])

        with one_thread():
            random = scores(lambda state, rng=rng: rng.random())
            print(f"seed {seed}: random actions {random.mean():.4f} (sd {random.std(ddof=1):.4f})")
            for mask in TERMINAL_MASKS:
                start = time.process_time()
                train = partial(train_meta_sampler, random_steps=500, policy_steps=1000, seed=seed, rng=rng)
                agent = train(process, terminal_mask=mask)
                seconds = time.process_time() - start
                trained = scores(agent.act)
                gains[mask].append(trained.mean() - random.mean())
                error = np.hypot(trained.std(ddof=1), random.std(ddof=1)) / options.fits**0.5
                print(
                    f"seed {seed}: {mask} mask {trained.mean():.4f} (sd {trained.std(ddof=1):.4f}), "
                    f"gain {gains[mask][-1]:+.4f} (se {error:.4f}), meta-training {seconds:.0f} CPU s"
                )
    for mask, values in gains.items():
        print(f"{mask} mask: mean gain over random actions {np.mean(values):+.4f} over {len(values)} seeds")


if __name__ == "__main__":
    main()
