"""A method from outside of the package, as docs/extending.md tells to add one."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.datasets import make_classification

from autosmote import samplers
from autosmote.datasets.tasks import Task
from autosmote.evaluation.isolation import Limits
from autosmote.samplers import registry
from autosmote.study import dependencies
from autosmote.study.baseline_job import evaluate_side_by_side
from autosmote.study.config import Study
from autosmote.utils import provenance
from autosmote.utils.registry import Source

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "extending.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", GUIDE, re.S)[0]
CONFIG = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", GUIDE, re.S)[0])
SCHEMA = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())
PAPER = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with the sampler of the guide; what is registered is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry._METHODS, "_entries", dict(registry._METHODS))
    monkeypatch.setattr(registry._METHODS, "_sources", {})
    (tmp_path / "jitter.py").write_text(PYTHON)
    return tmp_path


@pytest.fixture
def task():
    X, y = make_classification(300, 5, weights=[0.9], random_state=0)
    splits = [part for rows in np.split(np.arange(300), [180, 240]) for part in (X[rows], y[rows])]
    return Task("toy", 9, 0, *splits, list("abcde"), np.zeros(5, bool))


def test_sampler_of_the_guide_is_evaluated_like_any_other(folder, task):
    study = PAPER["study"] | CONFIG["study"] | {"variants": []}
    study = Study.from_config(PAPER | CONFIG | {"study": study}, SCHEMA)
    assert study.bundles == {
        "no-resampling": ("NoResampling",),
        "over-sampling": ("SMOTE",),
        "added": ("Jitter",),
    }
    rows = evaluate_side_by_side(
        task,
        [samplers.get(name) for names in study.bundles.values() for name in names],
        classifiers=["tree", "knn"],
        metrics=["macro_f1"],
        ratios=[0.5, 1.0],
        limits=Limits(60, 600, 500),
        workers=2,
        log=lambda line: None,
    )
    assert [row["sampler"] for row in rows] == ["NoResampling"] * 2 + ["SMOTE"] * 2 + ["Jitter"] * 2
    for row in rows[-2:]:
        assert (row["status"], row["message"], row["category"]) == ("ok", "", "Over-sampling")
        assert row["ratio"] in (0.5, 1.0)
        assert row["n_minority"] == int(row["ratio"] * row["n_majority"])


def test_changed_file_has_another_digest(folder):
    samplers.add("Jitter", CONFIG["samplers"]["Jitter"])
    assert registry.source("SMOTE") is None
    assert registry.source("Jitter") == Source(folder / "jitter.py", "JITTER")
    before = dependencies.baseline(["Jitter"], [], [])
    others = dependencies.baseline(["SMOTE"], [], [])
    (folder / "jitter.py").write_text(PYTHON.replace("scale=0.1", "scale=0.2"))
    provenance.source_digest.cache_clear()
    provenance._content.cache_clear()
    assert dependencies.baseline(["Jitter"], [], []) != before
    assert dependencies.baseline(["SMOTE"], [], []) == others


def test_name_is_that_of_the_configuration_and_can_be_registered_again(folder):
    for _ in range(2):
        samplers.add("Shaken", "jitter.py:JITTER")
    assert samplers.get("Shaken").name == "Shaken"
    assert samplers.names()[-1] == "Shaken"


METHODS = """
import numpy as np

from autosmote.samplers import Learned, MethodSpec


class Constant:
    def __init__(self, label):
        self.label = label

    def predict(self, X):
        return np.full(len(X), self.label)


def method(label):
    def build(problem):
        return lambda ratio: Learned(Constant(label))

    return MethodSpec("", "Extension", False, "methods.py", "none", None, build)


NEVER, ALWAYS = method(0), method(1)
"""


def test_methods_of_one_file_bring_their_own_classifiers(folder, task):
    (folder / "methods.py").write_text(METHODS)
    for name in ("NEVER", "ALWAYS"):
        samplers.add(name, f"methods.py:{name}")
    rows = evaluate_side_by_side(
        task,
        [samplers.get("NEVER"), samplers.get("ALWAYS")],
        classifiers=["tree"],
        metrics=["mcc"],
        ratios=[1.0],
        limits=Limits(60, 600, 500),
        workers=1,
        log=lambda line: None,
    )
    assert [(row["sampler"], row["status"]) for row in rows] == [("NEVER", "ok"), ("ALWAYS", "ok")]


def test_file_that_has_changed_is_read_again(folder):
    samplers.add("Jitter", "jitter.py:JITTER")
    (folder / "jitter.py").write_text(PYTHON.replace("Bishop 1995", "Bishop 2006"))
    samplers.add("Jitter", "jitter.py:JITTER")
    assert samplers.get("Jitter").reference.startswith("Bishop 2006")


def test_object_of_a_package_is_found(folder):
    samplers.add("Again", "autosmote.samplers.registry:_NO_RESAMPLING")
    assert samplers.get("Again").build is samplers.get("NoResampling").build


def test_file_that_raises_is_a_mistake_in_the_configuration(folder):
    (folder / "broken.py").write_text("1 / 0")
    with pytest.raises(ValueError, match="cannot load 'broken.py:X': ZeroDivisionError: division by zero"):
        samplers.add("Broken", "broken.py:X")
