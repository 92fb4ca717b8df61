"""A study: which data sets, samplers, classifiers, ratios and seeds, checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autosmote.analysis.scores import OVERALL
from autosmote.datasets.folder import expand
from autosmote.datasets.sources import DatasetError
from autosmote.datasets.tasks import NATURAL
from autosmote.evaluation.classifiers import CLASSIFIERS, make_classifier
from autosmote.evaluation.metrics import METRICS, is_multiclass, needs_scores
from autosmote.samplers import SamplerSpec, registry, smote_variants
from autosmote.search import settings as search_settings
from autosmote.search.setting_fields import flat, section, that_change_results
from autosmote.study import strategies
from autosmote.study.doors import entry_mistakes
from autosmote.study.hyperparameters import Grids
from autosmote.utils.addresses import has_password
from autosmote.utils.errors import MissingExtraError, UnknownNameError, UserError
from autosmote.utils.responses import has_values

REFERENCE_STRATEGY = "autosmote"
"""The search strategy that all others are compared with."""

SECTIONS: Mapping[str, tuple[type, ...]] = {"search": search_settings.SECTION}
"""The sections of the configuration whose keys are fields of settings classes, with these classes."""


class ConfigError(UserError, ValueError):
    """A configuration cannot be used; the message has one line per mistake."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        super().__init__(f"the configuration has {_count(len(mistakes), 'mistake')}:{lines}")


@dataclass(frozen=True)
class Study:
    """The cells of a study: every combination of its data sets, samplers, classifiers, ratios and seeds.

    Parameters
    ----------
    name : str
        Name of the study in the records.
    datasets : tuple of str
        Names of data sets.
    sources : dict of str to dict
        Where each data set comes from (`autosmote.datasets.sources.fetch`), and its ``domain``.
    imbalance_ratios : tuple of int, or (`autosmote.datasets.tasks.NATURAL`,)
        Majority rows per minority row.
    seeds : tuple of int
        Seeds of the splits, the samplers and the searches.
    classifiers, metrics : tuple of str
        Keys of `autosmote.evaluation.classifiers.CLASSIFIERS` and `autosmote.evaluation.metrics.METRICS`.
    bundles : dict of str to tuple of str
        The comparison samplers by the job that runs them, see `bundle`.
    batches : dict of str to tuple of (str, str)
        The classifiers and metrics of each search job on a task, by the name of the job there; see `batch`.
    searches : dict of str to tuple of str
        The data sets of each search strategy: all of the study's for ``study.strategies``, those of
        ``ablation.datasets`` that the study has for ``ablation.strategies``.
    ratios : tuple of float
        Minority rows per majority row that the comparison samplers try.
    hyperparameters : autosmote.study.hyperparameters.Grids
        The values of the hyperparameter study.
    hyperparameter_cells : dict of str to tuple
        Its ``dataset``, ``imbalance_ratio`` and ``seed``: those that the study has as well.
    settings : dict of str to value
        What scores depend on beside their cell and method, by the keys of the configuration joined with dots.
    """

    name: str
    datasets: tuple[str, ...]
    sources: dict[str, dict[str, Any]]
    imbalance_ratios: tuple[int | str, ...]
    seeds: tuple[int, ...]
    classifiers: tuple[str, ...]
    metrics: tuple[str, ...]
    bundles: dict[str, tuple[str, ...]]
    batches: dict[str, tuple[tuple[str, str], ...]]
    searches: dict[str, tuple[str, ...]]
    ratios: tuple[float, ...]
    hyperparameters: Grids
    hyperparameter_cells: dict[str, tuple[Any, ...]]
    settings: dict[str, Any]

    @property
    def categories(self) -> set[str]:
        """Categories of the methods that the score table will have."""
        samplers = (registry.get(name).category for names in self.bundles.values() for name in names)
        searches = (strategies.get(name).category for name in self.searches)
        return {*samplers, *searches}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], schema: Mapping[str, Any]) -> Study:
        """Check a whole configuration and read its study; registers the methods that it adds.

        Parameters
        ----------
        config : mapping
            The configuration.
        schema : mapping
            Its JSON schema.

        Returns
        -------
        Study

        Raises
        ------
        ConfigError
            If the configuration does not match the schema, or names something that does not exist.
        """
        if mistakes := list(_schema_mistakes(config, schema)):
            raise ConfigError(mistakes)
        config, mistakes = _with_folders(config)
        if mistakes := mistakes or list(_further_mistakes(config)):
            raise ConfigError(mistakes)
        study = config["study"]
        samplers = [*study["samplers"], *_variants(study)]
        return cls(
            name=study["name"],
            datasets=tuple(study["datasets"]),
            sources=dict(config["datasets"]),
            imbalance_ratios=tuple(study["imbalance_ratios"]),
            seeds=tuple(study["seeds"]),
            classifiers=tuple(study["classifiers"]),
            metrics=tuple(study["metrics"]),
            bundles=bundle(samplers, config["jobs"]["samplers_per_job"]),
            batches=batch(study["classifiers"], study["metrics"], config["jobs"]["batch"]),
            searches=_searches(study, config["ablation"]),
            ratios=tuple(study["ratios"]),
            hyperparameters=Grids(config["hyperparameters"]["grids"], config["search"]),
            hyperparameter_cells={
                name: tuple(value for value in study[key] if value in config["hyperparameters"][key])
                for name, key in (
                    ("dataset", "datasets"),
                    ("imbalance_ratio", "imbalance_ratios"),
                    ("seed", "seeds"),
                )
            },
            settings=_settings(config, samplers),
        )


def _settings(config: Mapping[str, Any], samplers: Iterable[str]) -> dict[str, Any]:
    """Collect what two studies have to agree in, for their scores to be ranked together."""
    sections = {
        "study": {key: config["study"][key] for key in ("ratios", "refit")},
        "task": config["task"],
        **{name: that_change_results(config[name], classes) for name, classes in SECTIONS.items()},
        "methods": {name: config["methods"][name] for name in config["methods"] if name in set(samplers)},
        "limits": config["limits"],
    }
    return flat(sections)


def _with_folders(config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Put the data sets of folders in the place of the folders, and list what is wrong with these."""
    sources: dict[str, Any] = {}
    members: dict[str, list[str]] = {}
    mistakes = []
    for name, spec in config["datasets"].items():
        if spec["source"] != "folder":
            sources[name] = spec
            continue
        try:
            found = expand(spec)
        except DatasetError as error:
            mistakes.append(f"datasets.{name}: {error}")
            continue
        members[name] = list(found)
        taken = next((member for member in found if member in config["datasets"] or member in sources), None)
        if taken is not None:
            mistakes.append(f"datasets.{name}: {taken!r} is the name of another data set; rename the file")
        sources |= found
    expanded = {
        key: {
            **config[key],
            "datasets": list(
                dict.fromkeys(each for name in config[key]["datasets"] for each in members.get(name, [name]))
            ),
        }
        for key in ("study", "ablation", "hyperparameters")
    }
    return {**config, "datasets": sources, **expanded}, mistakes


def bundle(samplers: Iterable[str], size: int) -> dict[str, tuple[str, ...]]:
    """Group comparison samplers into jobs, so that the start of a job does not outweigh its work.

    Parameters
    ----------
    samplers : iterable of str
        Names in the registry.
    size : int
        Most samplers in a bundle; the bundles of a category are of nearly equal size.

    Returns
    -------
    dict of str to tuple of str
        Samplers of one category in the order given, by the first word of the category in lower case; with a
        number from 1 appended where a category needs several bundles. Those that the configuration adds are
        in bundles of their own, ``added``, so that work on them runs no other again.
    """
    categories: dict[str, list[str]] = {}
    for name in samplers:
        slug = "added" if registry.source(name) else registry.get(name).category.split()[0].lower()
        categories.setdefault(slug, []).append(name)
    bundles = {}
    for slug, names in categories.items():
        n_bundles = math.ceil(len(names) / size)
        for number in range(n_bundles):
            start, stop = (len(names) * edge // n_bundles for edge in (number, number + 1))
            bundles[slug if n_bundles == 1 else f"{slug}-{number + 1}"] = tuple(names[start:stop])
    return bundles


def batch(
    classifiers: Sequence[str], metrics: Sequence[str], size: int
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Group the searches of a strategy on a task into jobs.

    Parameters
    ----------
    classifiers, metrics : sequence of str
    size : int
        Most searches in a job; the jobs are of nearly equal size.

    Returns
    -------
    dict of str to tuple of (str, str)
        Classifiers and metrics by the name of the job, ``batch1`` and so on.
    """
    pairs = [(classifier, metric) for classifier in classifiers for metric in metrics]
    number = math.ceil(len(pairs) / size)
    edges = [len(pairs) * edge // number for edge in range(number + 1)]
    return {f"batch{i + 1}": tuple(pairs[edges[i] : edges[i + 1]]) for i in range(number)}


def _searches(study: Mapping[str, Any], ablation: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    everywhere = dict.fromkeys(study["strategies"], tuple(study["datasets"]))
    ablated = tuple(name for name in study["datasets"] if name in ablation["datasets"])
    return (dict.fromkeys(ablation["strategies"], ablated) if ablated else {}) | everywhere


def _schema_mistakes(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(schema).iter_errors(config)
    for error in sorted(errors, key=lambda error: [str(key) for key in error.absolute_path]):
        place = ".".join(str(key) for key in error.absolute_path) or "top level"
        if error.validator == "additionalProperties":
            known = error.schema["properties"]
            for key in error.instance:
                if key not in known:
                    yield f"{place}: {UnknownNameError('key', key, known)}"
        else:
            yield f"{place}: {error.message}"


def _variants(study: Mapping[str, Any]) -> list[str]:
    every = [spec.name for spec in smote_variants.SPECS]
    return every if study["variants"] == "all" else study["variants"]


def _further_mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    yield from entry_mistakes(config)
    study, ablation, task = config["study"], config["ablation"], config["task"]
    variants = [spec.name for spec in smote_variants.SPECS]
    named: dict[str, tuple[str, Iterable[str]]] = {
        "datasets": ("data set", config["datasets"]),
        "samplers": ("sampler", [name for name in registry.names() if name not in variants]),
        "variants": ("SMOTE variant", variants),
        "classifiers": ("classifier", CLASSIFIERS),
        "metrics": ("metric", METRICS),
        "strategies": ("strategy", strategies.names()),
    }
    for key, (kind, known) in named.items():
        for name in _variants(study) if key == "variants" else study[key]:
            if name in known:
                continue
            if key == "samplers" and name in variants:
                yield f"study.samplers: {name!r} is a SMOTE variant; name it in study.variants"
            elif key == "variants" and (written := f"{smote_variants.PREFIX}{name}") in variants:
                yield f"study.variants: {name!r} is written {written!r}"
            else:
                yield f"study.{key}: {UnknownNameError(kind, name, known)}"
    yield from _classifier_mistakes(study)
    yield from _class_mistakes(config)
    for key in ("study", "hyperparameters"):
        ratios = config[key]["imbalance_ratios"]
        if NATURAL in ratios and len(ratios) > 1:
            yield f"{key}.imbalance_ratios: {NATURAL!r} keeps all rows of a data set; name it alone"
    if REFERENCE_STRATEGY not in study["strategies"]:
        yield (
            f"study.strategies: {REFERENCE_STRATEGY!r} is missing; "
            "the tables and figures compare the others with it"
        )
    for key in ("datasets", "strategies"):
        kind, known = named[key]
        for name in ablation[key]:
            if name not in known:
                yield f"ablation.{key}: {UnknownNameError(kind, name, known)}"
    for name in config["hyperparameters"]["datasets"]:
        if name not in config["datasets"]:
            yield f"hyperparameters.datasets: {UnknownNameError('data set', name, config['datasets'])}"
    yield from _case_study_mistakes(config)
    for name, classes in SECTIONS.items():
        values = flat(config[name])
        for key, setting in section(*classes).items():
            # The schema leaves the names of registries to us.
            if isinstance(setting.choices, Mapping) and not setting.allows(values[key]):
                yield f"{name}.{key}: {UnknownNameError('value', values[key], setting.choices)}"
    if OVERALL in config["datasets"]:
        yield f"datasets: {OVERALL!r} is what the tables call all data sets together; choose another name"
    if has_password(config["mlflow"]["tracking_uri"] or ""):
        yield (
            "mlflow.tracking_uri: holds a password, which a report or log could show; give it to a server in "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, to PostgreSQL in ~/.pgpass or PGPASSWORD"
        )
    if task["validation"] + task["test"] >= 1:
        yield (
            f"task: validation {task['validation']} and test {task['test']} leave no rows for training; "
            "their sum has to be below 1"
        )


def _classifier_mistakes(study: Mapping[str, Any]) -> Iterator[str]:
    """Say which classifiers are not installed, or have no scores for a metric that needs them."""
    of_scores = [name for name in study["metrics"] if name in METRICS and needs_scores(METRICS[name])]
    for name in study["classifiers"]:
        if name not in CLASSIFIERS:
            continue
        try:
            classifier = make_classifier(name, 0)
        except MissingExtraError as error:
            yield f"study.classifiers: {error}"
            continue
        if of_scores and not has_values(classifier):
            yield (
                f"study.metrics: {of_scores[0]!r} needs scores of rows, and the classifier {name!r} has "
                "neither decision_function nor predict_proba; leave one of the two out"
            )


def _class_mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    """Say what cannot be done with data sets of which every class is kept."""
    study, sources = config["study"], config["datasets"]
    kept = [name for name in study["datasets"] if "classes" in sources.get(name, ())]
    for name in kept:
        if "minority" in sources[name]:
            yield f"datasets.{name}: give either `minority` or `classes: all`, which keeps every class"
    if kept and study["imbalance_ratios"] != [NATURAL]:
        yield (
            f"study.imbalance_ratios: {study['imbalance_ratios']} is for two classes, and the data set "
            f"{kept[0]!r} keeps all (`classes: all`); set [{NATURAL}], or name its `minority`"
        )
    for metric in study["metrics"]:
        if kept and metric in METRICS and not is_multiclass(METRICS[metric]):
            yield (
                f"study.metrics: {metric!r} takes two classes, and the data set {kept[0]!r} keeps all "
                "(`classes: all`); leave one of the two out, or mark the metric by `multiclass`"
            )
    case = config["case_study"]["dataset"]
    if "classes" in sources.get(case, ()):
        yield (
            f"case_study.dataset: {case!r} keeps all classes (`classes: all`), and two can be drawn; name "
            "its `minority`, or set null"
        )


def _case_study_mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    case = config["case_study"]
    if case["dataset"] is not None and case["dataset"] not in config["datasets"]:
        error = UnknownNameError("data set", case["dataset"], config["datasets"])
        yield f"case_study.dataset: {error}"
    for key, kind, known in (
        ("classifier", "classifier", tuple(CLASSIFIERS)),
        ("metric", "metric", tuple(METRICS)),
    ):
        if case[key] not in known:
            yield f"case_study.{key}: {UnknownNameError(kind, case[key], known)}"
    samplers = [spec.name for spec in registry.specs() if isinstance(spec, SamplerSpec)]
    for name in case["samplers"]:
        if name not in samplers:
            yield f"case_study.samplers: {UnknownNameError('sampler', name, samplers)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
