"""The workflow as others find and use it: by workflow/Snakefile, as a module of another workflow."""

from pathlib import Path

import pandas as pd
import yaml
from harness import ROOT, snakemake

SNAKEFILE = """
configfile: "mine.yaml"

module autosmote:
    snakefile: "{root}/workflow/Snakefile"
    config: config["autosmote"]

use rule * from autosmote as autosmote_*

rule mine:
    default_target: True
    input: rules.autosmote_table2.output
    output: "done.txt"
    shell: "cp {{input[2]}} {{output}}"
"""
STUDY = {
    "results": "found",
    "study": {
        **{"name": "mine", "datasets": ["breast_cancer"], "imbalance_ratios": [10], "seeds": [0]},
        **{"samplers": ["NoResampling", "Jitter"], "variants": [], "ratios": [1.0]},
        **{"classifiers": ["tree"], "metrics": ["mcc"]},
    },
    "samplers": {"Jitter": "jitter.py:JITTER"},
    "search": {"iterations": 4, "round_size": 2},
}
JITTER = """
from autosmote.samplers import Resampled, SamplerSpec

def build(training, seed):
    return lambda ratio: Resampled(training.X + 0.01, training.y)

JITTER = SamplerSpec("Jitter", "Over-sampling", True, "jitter.py", "none", None, build)
"""


def test_another_workflow_uses_the_rules_with_its_own_configuration(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(root=ROOT))
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"mine": 1, "autosmote": STUDY}))
    (tmp_path / "jitter.py").write_text(JITTER)
    run = snakemake(tmp_path, base=None, snakefile=tmp_path / "Snakefile")
    assert run.code == 0, run.output
    scores = pd.read_parquet(tmp_path / "found" / "scores.parquet")
    assert sorted(scores["sampler"]) == ["AutoSMOTE", "Jitter", "NoResampling"]
    assert set(scores["status"]) == {"ok"}
    assert "AutoSMOTE" in (tmp_path / "done.txt").read_text()
    # What it does not state is that of config.yaml.
    assert scores.attrs["autosmote_settings"]["search.g2_max"] == 10
    assert scores.attrs["autosmote_settings"]["search.iterations"] == 4
    assert not (tmp_path / "results").exists()


def test_a_mistake_in_the_configuration_of_a_module_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(root=ROOT))
    wrong = STUDY | {"serach": {}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"autosmote": wrong}))
    run = snakemake(tmp_path, "--dry-run", base=None, snakefile=tmp_path / "Snakefile")
    assert run.code == 1
    assert "unknown key 'serach'; did you mean 'search'?" in run.output


def test_the_file_that_the_catalog_finds_plans_the_same_study(tmp_path: Path) -> None:
    found = snakemake(tmp_path, "--dry-run", snakefile=ROOT / "workflow" / "Snakefile")
    assert found.code == 0, found.output
    assert found.jobs == snakemake(tmp_path, "--dry-run").jobs != {}


def test_the_catalog_is_told_what_it_asks_for() -> None:
    told = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert told["software-stack-deployment"]["conda"] is True
    assert told["report"] is True
    for path in (
        "config/README.md",
        "profiles/README.md",
        "workflow/Snakefile",
        ".test/README.md",
        "LICENSE",
    ):
        assert (ROOT / path).is_file()


def test_the_checks_on_github_are_those_of_make_on_all_versions() -> None:
    (job,) = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert job["steps"][-1]["run"].startswith("make test")
