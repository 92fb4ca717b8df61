"""The study: its checks and its bundles."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from autosmote.analysis.methods import CATEGORIES
from autosmote.evaluation.classifiers import CLASSIFIERS
from autosmote.evaluation.metrics import METRICS
from autosmote.samplers import registry
from autosmote.search.setting_fields import flat, that_change_results
from autosmote.search.settings import SearchSettings
from autosmote.study import strategies
from autosmote.study.config import SECTIONS, ConfigError, Study, bundle

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())
PAPER = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Merge as Snakemake does: mappings are merged, all else is replaced."""
    result = deepcopy(base)
    for key, value in changes.items():
        nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if nested else value
    return result


def mistakes(changes: dict[str, Any]) -> list[str]:
    """Return the lines of the error for the paper's configuration with these changes."""
    with pytest.raises(ConfigError) as caught:
        Study.from_config(merged(PAPER, changes), SCHEMA)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_default_configuration_is_the_papers_study() -> None:
    study = Study.from_config(PAPER, SCHEMA)
    assert study.imbalance_ratios == (20, 50, 100)
    assert len(study.datasets) == 6
    assert len(study.seeds) == 5
    assert study.ratios == tuple(tenth / 10 for tenth in range(1, 11))
    assert {slug: len(names) for slug, names in study.bundles.items()} == {
        "no-resampling": 1,
        "under-sampling": 11,
        "over-sampling": 7,
        "combined": 2,
        "generative": 2,
        "meta-learning": 1,
        "extension": 2,
        # 85 in 8 jobs
        **{f"smote-{number}": 11 if number in (2, 4, 5, 7, 8) else 10 for number in range(1, 9)},
    }


def searches(study: dict[str, Any], ablation: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return Study.from_config(merged(PAPER, {"study": study, "ablation": ablation}), SCHEMA).searches


def test_ablations_are_searched_on_the_data_sets_of_table_4() -> None:
    study = Study.from_config(PAPER, SCHEMA)
    assert study.searches["autosmote"] == study.datasets
    ablated = {name for name, datasets in study.searches.items() if datasets == ("Mozilla4",)}
    assert {strategies.get(name).label for name in ablated} >= {
        "w/o cross-instance sub-policy",
        "w/o instance-specific sub-policy",
        "w/o low-level policy",
        "Flat policy",
        "Random search",
        "Merging training and validation sets",
    }


def test_ablations_run_on_those_of_their_data_sets_that_the_study_has() -> None:
    ablation = {"datasets": ["Mozilla4", "Electricity"], "strategies": ["flat"]}
    two = {"datasets": ["Phoneme", "Electricity"]}
    assert searches(two, ablation) == {"autosmote": ("Phoneme", "Electricity"), "flat": ("Electricity",)}
    assert searches({"datasets": ["Phoneme"]}, ablation) == {"autosmote": ("Phoneme",)}
    assert searches(two, {"strategies": []}) == {"autosmote": ("Phoneme", "Electricity")}
    assert searches(two, {"datasets": []}) == {"autosmote": ("Phoneme", "Electricity")}


def test_hyperparameters_are_studied_where_the_study_has_data() -> None:
    study = Study.from_config(PAPER, SCHEMA)
    assert study.hyperparameter_cells == {
        "dataset": ("Mozilla4",),
        "imbalance_ratio": (50,),
        "seed": (0, 1, 2, 3, 4),
    }
    # Five values of each of three settings, one of which they share.
    assert len(study.hyperparameters.searches()) == 3 * 5 - 2
    fewer = merged(PAPER, {"study": {"datasets": ["Phoneme"], "seeds": [3, 7]}})
    cells = Study.from_config(fewer, SCHEMA).hyperparameter_cells
    assert (cells["dataset"], cells["seed"]) == ((), (3,))


def test_every_category_has_its_place_in_the_tables() -> None:
    methods = [*registry.specs(), *strategies.specs()]
    assert {method.category for method in methods} <= set(CATEGORIES)


def test_categories_are_those_of_all_methods() -> None:
    categories = Study.from_config(PAPER, SCHEMA).categories
    assert {"Auto-sampling", "Ablation", "SMOTE variant", "Generative model"} < categories
    changes = {
        "study": {"samplers": ["SMOTE", "ClassWeight"], "variants": []},
        "ablation": {"strategies": []},
    }
    few = Study.from_config(merged(PAPER, changes), SCHEMA).categories
    assert few == {"Over-sampling", "Extension", "Auto-sampling"}


def test_strategy_of_the_study_is_searched_everywhere_if_it_is_an_ablation_too() -> None:
    everywhere = {"datasets": ["Phoneme", "Mozilla4"], "strategies": ["autosmote", "flat"]}
    found = searches(everywhere, {"datasets": ["Mozilla4"], "strategies": ["flat", "random_search"]})
    assert found == {
        "autosmote": ("Phoneme", "Mozilla4"),
        "flat": ("Phoneme", "Mozilla4"),
        "random_search": ("Mozilla4",),
    }


CONFIGURATIONS = ["quickstart", "table2_phoneme", "phoneme", "variants", "lite", "mozilla4", "smoke", "grid"]


def test_every_smaller_study_has_a_folder_of_its_own() -> None:
    # Or its results would be recorded as another study's, and its tables overwritten.
    files = sorted(set((ROOT / "config").glob("*.yaml")) - {ROOT / "config" / "gpu.yaml"})
    folders = [yaml.safe_load(path.read_text())["results"] for path in files]
    assert len(set(folders)) == len(files) == len(CONFIGURATIONS) + 5


def test_gpu_and_actors_are_one_file_laid_over_any_study() -> None:
    gpu = yaml.safe_load((ROOT / "config" / "gpu.yaml").read_text())
    Study.from_config(merged(PAPER, gpu), SCHEMA)
    changed = flat(gpu)
    assert changed.keys() == {"search.actors", "resources.search.gpu", "resources.search.mem_mb"}
    assert not [key for key, value in changed.items() if flat(PAPER)[key] == value]


def test_longer_searches_are_laid_over_the_first_study() -> None:
    lite, longer = (
        yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text()) for name in ("lite", "phoneme_long")
    )
    study = Study.from_config(merged(merged(PAPER, lite), longer), SCHEMA)
    assert (study.name, study.datasets, study.seeds) == ("phoneme_long", ("Phoneme",), (0, 1))
    assert set(study.searches) == {"autosmote", "random_search"}


def test_the_shards_are_the_grid() -> None:
    grid, *shards = (
        yaml.safe_load(path.read_text())
        for path in (ROOT / "config" / "grid.yaml", *sorted((ROOT / "config" / "shards").glob("*.yaml")))
    )
    whole = Study.from_config(merged(PAPER, grid), SCHEMA)
    parts = [Study.from_config(merged(merged(PAPER, grid), shard), SCHEMA) for shard in shards]
    assert sorted(seed for part in parts for seed in part.seeds) == sorted(whole.seeds)
    assert all(replace(part, seeds=whole.seeds) == whole for part in parts)
    assert len({shard["results"] for shard in (grid, *shards)}) == 1 + len(whole.seeds)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_other_configurations_state_differences_only(name: str) -> None:
    changes = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    assert Study.from_config(merged(PAPER, changes), SCHEMA).name == name

    def settings(config: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
        for key, value in config.items():
            if isinstance(value, dict):
                yield from settings(value, (*path, key))
            else:
                yield (*path, key), value

    paper = dict(settings(PAPER))
    assert [path for path, value in settings(changes) if paper[path] == value] == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"study": {"samplers": ["SMOT"]}}, "study.samplers: unknown sampler 'SMOT'; did you mean 'SMOTE'? "),
        (
            {"study": {"samplers": ["smote_variants.SMOTE"]}},
            "study.samplers: 'smote_variants.SMOTE' is a SMOTE variant; name it in study.variants",
        ),
        (
            {"study": {"variants": ["smote_variants.SMOT_IPF"]}},
            "study.variants: unknown SMOTE variant 'smote_variants.SMOT_IPF'; did you mean 'smote_variants.",
        ),
        (
            {"study": {"variants": ["SMOTE_IPF"]}},
            "study.variants: 'SMOTE_IPF' is written 'smote_variants.SMOTE_IPF'",
        ),
        ({"study": {"variants": "some"}}, "study.variants: 'some' does not match '^all$'"),
        ({"samplers": {"A": "sampler.py"}}, "samplers.A: 'sampler.py' does not match"),
        ({"samplers": {"A": "none.py:A"}}, "samplers.A: cannot load 'none.py:A': FileNotFoundError: "),
        ({"samplers": {"A": "no.such:A"}}, "samplers.A: cannot load 'no.such:A': ModuleNotFoundError: "),
        ({"samplers": {"A": "json:A"}}, "samplers.A: cannot load 'json:A': AttributeError: "),
        ({"samplers": {"A": "json:dumps"}}, "samplers.A: 'json:dumps' is no SamplerSpec or MethodSpec but"),
        ({"samplers": {"SMOTE": "json:dumps"}}, "samplers.SMOTE: 'SMOTE' is the name of a sampler that is "),
        (
            {"samplers": {"AutoSMOTE": "autosmote.samplers.registry:_NO_RESAMPLING"}},
            "samplers.AutoSMOTE: 'AutoSMOTE' is what the tables call a search; choose another name",
        ),
        ({"limits": {"memory_mb": 0}}, "limits.memory_mb: 0 is less than the minimum of 1"),
        ({"study": {"classifiers": ["svc"]}}, "study.classifiers: unknown classifier 'svc'; "),
        ({"study": {"metrics": ["auc"]}}, "study.metrics: unknown metric 'auc'; "),
        (
            {"study": {"strategies": ["autosmote", "merge"]}},
            "study.strategies: unknown strategy 'merge'; did you mean",
        ),
        ({"study": {"strategies": ["flat"]}}, "study.strategies: 'autosmote' is missing; "),
        ({"ablation": {"strategies": ["flatt"]}}, "ablation.strategies: unknown strategy 'flatt'; did you "),
        ({"ablation": {"datasets": ["Mozilla"]}}, "ablation.datasets: unknown data set 'Mozilla'; did you "),
        (
            {"hyperparameters": {"datasets": ["Mozilla"]}},
            "hyperparameters.datasets: unknown data set 'Mozilla'; did you mean 'Mozilla4'? ",
        ),
        (
            {"hyperparameters": {"grids": {"K": [1]}}},
            "hyperparameters.grids: unknown key 'K'; known: ",
        ),
        (
            {"hyperparameters": {"grids": {"g2_max": [0]}}},
            "hyperparameters.grids.g2_max.0: 0 is less ",
        ),
        (
            {"case_study": {"dataset": "toy"}},
            "case_study.dataset: unknown data set 'toy'; ",
        ),
        ({"case_study": {"classifier": "svc"}}, "case_study.classifier: unknown classifier 'svc'; "),
        ({"case_study": {"metric": "auc"}}, "case_study.metric: unknown metric 'auc'; "),
        ({"case_study": {"samplers": ["MESA"]}}, "case_study.samplers: unknown sampler 'MESA'; "),
        ({"ablation": {"seeds": [0]}}, "ablation: unknown key 'seeds'; known: datasets, strategies"),
        ({"study": {"datasets": ["Fonem"]}}, "study.datasets: unknown data set 'Fonem'; "),
        ({"study": {"seeds": [1, 1]}}, "study.seeds: [1, 1] has non-unique elements"),
        ({"study": {"seeds": []}}, "study.seeds: [] should be non-empty"),
        ({"study": {"ratios": [1.5]}}, "study.ratios.0: 1.5 is greater than the maximum of 1"),
        ({"search": {"iterations": "many"}}, "search.iterations: 'many' is not of type 'integer'"),
        ({"search": {"itertions": 9}}, "search: unknown key 'itertions'; did you mean 'iterations'? "),
        (
            {"search": {"state_features": "neighborhood"}},
            "search.state_features: unknown value 'neighborhood'; did you mean 'neighbourhood'? ",
        ),
        (
            {"search": {"reward_scaling": "rank"}},
            "search.reward_scaling: unknown value 'rank'; known: none, ",
        ),
        ({"studdy": {}}, "top level: unknown key 'studdy'; did you mean 'study'? "),
        ({"task": {"validation": 0.5, "test": 0.5}}, "task: validation 0.5 and test 0.5 leave no rows"),
        ({"datasets": {"a": {"source": "web"}}}, "datasets.a.source: 'web' is not one of ['openml', 'csv', "),
        ({"datasets": {"a": {"source": "openml"}}}, "datasets.a: 'id' is a required property"),
        ({"datasets": {"a": {"source": "openml", "id": 3, "ID": 1}}}, "datasets.a: unknown key 'ID'; "),
        ({"datasets": {"../a": {"source": "sklearn", "name": "iris"}}}, "datasets: '../a' does not match"),
        ({"mlflow": {"tracking_uri": "https://a:b@c"}}, "mlflow.tracking_uri: holds a password, which"),
        ({"datasets": {"Overall": {"source": "sklearn", "name": "iris"}}}, "datasets: 'Overall' is what"),
    ],
)
def test_mistake_is_named_in_one_line(changes: dict[str, Any], line: str) -> None:
    (found,) = mistakes(changes)
    assert found.startswith(line)


def test_all_mistakes_are_named_at_once() -> None:
    assert len(mistakes({"study": {"samplers": ["SMOT", "SMOTE", "X"], "metrics": ["auc"]}})) == 3


def test_schema_describes_every_key_of_a_search() -> None:
    described = SCHEMA["properties"]["search"]["properties"]
    keys = set(described) - {"actors", "evaluator", "buffers"} | {
        f"{name}_buffer" for name in described["buffers"]["properties"]
    }
    names = {field.name for field in fields(SearchSettings)}
    # What a strategy sets, and no configuration.
    of_strategies = {"hierarchy", "cross_instance_policy", "instance_specific_policy", "low_level_policy"}
    assert keys == names - {"seed", "g1_max", *of_strategies} | {"scale"}
    read = SearchSettings.from_config(PAPER["search"], imbalance_ratio=20, seed=0)
    assert read == SearchSettings.for_ratio(20)


def test_number_of_actors_and_evaluator_change_no_result() -> None:
    kept = that_change_results(PAPER["search"], SECTIONS["search"])
    assert PAPER["search"].keys() - kept.keys() == {"actors", "evaluator"}


def test_schema_describes_every_key() -> None:
    def described(schema: dict[str, Any]) -> bool:
        shared = schema.get("$ref", "").removeprefix("#/$defs/")
        return "description" in schema or bool(shared) and "description" in SCHEMA["$defs"][shared]

    def undescribed(schema: Any, path: str) -> Iterator[str]:
        if isinstance(schema, list):
            for item in schema:
                yield from undescribed(item, path)
        if isinstance(schema, dict):
            for key, value in schema.items():
                # A section is described by its keys; in an `if` nothing is defined.
                if key == "properties":
                    for name, part in value.items():
                        section = isinstance(part, dict) and (
                            "properties" in part or part.get("$ref") == "#/$defs/resources"
                        )
                        if part is not True and not section and not described(part):
                            yield f"{path}.{name}"
                        yield from undescribed(part, f"{path}.{name}")
                elif key != "if":
                    yield from undescribed(value, path)

    assert list(undescribed(SCHEMA, "")) == []


@given(samplers=st.lists(st.sampled_from(registry.names()), unique=True), size=st.integers(1, 12))
def test_bundles_hold_every_sampler_once_and_one_category_each(samplers: list[str], size: int) -> None:
    bundles = bundle(samplers, size)
    assert sorted(name for names in bundles.values() for name in names) == sorted(samplers)
    for names in bundles.values():
        assert 1 <= len(names) <= size
        assert len({registry.get(name).category for name in names}) == 1
        assert sorted(names, key=samplers.index) == list(names)


def test_category_in_several_bundles_is_numbered() -> None:
    samplers = ["SMOTE", "ADASYN", "SMOTEN", "NoResampling"]
    assert bundle(samplers, 2) == {
        "over-sampling-1": ("SMOTE",),
        "over-sampling-2": ("ADASYN", "SMOTEN"),
        "no-resampling": ("NoResampling",),
    }


SUITE = yaml.safe_load((ROOT / "config" / "suite.yaml").read_text())


def of_folder(path: Path, **study: Any) -> Study:
    folder = {"datasets": {"suite": {"path": str(path)}}, "study": study}
    return Study.from_config(merged(merged(PAPER, SUITE), folder), SCHEMA)


def test_a_folder_stands_for_its_data_sets(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.csv").write_text("x,y\n1,0\n2,1\n")
    study = of_folder(tmp_path)
    assert study.datasets == ("a", "b")
    assert study.searches["autosmote"] == ("a", "b")
    assert study.imbalance_ratios == ("natural",)
    assert study.sources["a"] == {"source": "csv", "path": f"{tmp_path}/a.csv", "target": "y"}
    assert "suite" not in study.sources and "Phoneme" in study.sources
    # One of its data sets, and one of elsewhere; a name that is there twice counts once.
    assert of_folder(tmp_path, datasets=["b", "digits"]).datasets == ("b", "digits")
    assert of_folder(tmp_path, datasets=["b", "suite"]).datasets == ("b", "a")


def test_ablation_and_hyperparameters_may_name_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,0\n2,1\n")
    changes = merged(SUITE, {"datasets": {"suite": {"path": str(tmp_path)}}})
    changes |= {
        "ablation": {"datasets": ["suite"], "strategies": ["flat"]},
        "hyperparameters": {"datasets": ["suite"], "imbalance_ratios": ["natural"], "seeds": [0]},
    }
    study = Study.from_config(merged(PAPER, changes), SCHEMA)
    assert study.searches["flat"] == ("a",)
    assert study.hyperparameter_cells == {"dataset": ("a",), "imbalance_ratio": ("natural",), "seed": (0,)}


def test_a_suite_without_its_folder_says_so_in_one_line() -> None:
    assert mistakes(SUITE) == [
        "datasets.suite: path: there is no folder 'suite'; name the folder of the CSV files"
    ]


def test_a_file_with_the_name_of_another_data_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text("x,y\n1,0\n2,1\n")
    changes = merged(SUITE, {"datasets": {"suite": {"path": str(tmp_path)}}})
    assert mistakes(changes) == ["datasets.suite: 'digits' is the name of another data set; rename the file"]


def test_natural_stands_alone() -> None:
    assert mistakes({"study": {"imbalance_ratios": ["natural", 20]}}) == [
        "study.imbalance_ratios: 'natural' keeps all rows of a data set; name it alone"
    ]


KEPT = {"source": "csv", "path": "many.csv", "target": "y", "classes": "all"}


def test_what_takes_two_classes_is_refused_where_all_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    study = {"datasets": ["many"], "imbalance_ratios": ["natural"]}
    case_study: dict[str, Any] = {"dataset": None}
    changes = {"datasets": {"many": KEPT}, "study": study, "case_study": case_study}
    Study.from_config(merged(PAPER, changes), SCHEMA)

    def first(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        return 1.0

    monkeypatch.setattr(METRICS, "_entries", dict(METRICS) | {"first": first})
    changes["datasets"]["many"] = KEPT | {"minority": "a"}
    study |= {"imbalance_ratios": [20], "metrics": ["mcc", "first"]}
    case_study["dataset"] = "many"
    assert mistakes(changes) == [
        "datasets.many: give either `minority` or `classes: all`, which keeps every class",
        "study.imbalance_ratios: [20] is for two classes, and the data set 'many' keeps all "
        "(`classes: all`); set [natural], or name its `minority`",
        "study.metrics: 'first' takes two classes, and the data set 'many' keeps all (`classes: all`); leave "
        "one of the two out, or mark the metric by `multiclass`",
        "case_study.dataset: 'many' keeps all classes (`classes: all`), and two can be drawn; name its "
        "`minority`, or set null",
    ]
    # A data set that the study does not name does not matter.
    study |= {"datasets": ["Phoneme"]}
    case_study["dataset"] = None
    Study.from_config(merged(PAPER, changes), SCHEMA)


def test_all_is_the_one_value_of_classes() -> None:
    assert mistakes({"datasets": {"many": KEPT | {"classes": "some"}}}) == [
        "datasets.many.classes: 'some' is not one of ['all']"
    ]


def test_a_classifier_without_its_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autosmote.evaluation.classifiers.find_spec", lambda package: None)
    assert mistakes({"study": {"classifiers": ["tree", "xgboost"]}}) == [
        "study.classifiers: classifier 'xgboost' needs xgboost, which is not installed: pip install 'xgboost'"
    ]


def test_a_classifier_without_scores_is_refused_where_a_metric_needs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_entries", "_sources"):  # What is registered is forgotten afterwards.
        monkeypatch.setattr(CLASSIFIERS, name, dict(getattr(CLASSIFIERS, name)))
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from sklearn.linear_model import Perceptron\n"
        "from sklearn.neighbors import NearestCentroid\n"
        "from sklearn.svm import SVC\n"
        "class Labels(NearestCentroid):\n"
        "    decision_function = predict_proba = property(lambda self: self.none)\n"
        "def labels(seed):\n    return Labels()\n"
        "def perceptron(seed):\n    return Perceptron()\n"
    )
    added = {"labels": f"{mine}:labels", "perceptron": f"{mine}:perceptron"}
    study = {"classifiers": ["perceptron", "labels"], "metrics": ["mcc", "roc_auc"]}
    assert mistakes({"classifiers": added, "study": study}) == [
        "study.metrics: 'roc_auc' needs scores of rows, and the classifier 'labels' has neither "
        "decision_function nor predict_proba; leave one of the two out"
    ]
    Study.from_config(merged(PAPER, {"classifiers": added, "study": study | {"metrics": ["mcc"]}}), SCHEMA)
