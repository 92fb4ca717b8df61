"""The profiles say what Snakemake and its plugins understand, and what the study needs of them."""

import re
from pathlib import Path

import pytest
import yaml
from harness import ROOT
from snakemake.cli import get_argument_parser

PROFILES = sorted(path.parent.name for path in (ROOT / "profiles").glob("*/config.yaml"))
CLUSTERS = sorted(set(PROFILES) - {"default"})
#: What a study relies on wherever it runs.
COMMON = ("keep-going", "rerun-incomplete", "show-failed-logs", "rerun-triggers")


def profile(name: str) -> dict:
    return yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text())


def parsed(*folders: Path) -> dict:
    """Snakemake's settings with these profiles and nothing else, by the profile's spelling of their names."""
    settings = vars(get_argument_parser([str(folder) for folder in folders]).parse_args([]))
    return {name.replace("_", "-"): value for name, value in settings.items()}


@pytest.mark.parametrize("name", PROFILES)
def test_snakemake_takes_every_key_of_a_profile(name: str) -> None:
    defaults, settings = parsed(), parsed(ROOT / "profiles" / name)
    for key in profile(name):
        assert key in settings, key
        # No key repeats a default, so one that was ignored would show.
        assert settings[key] != defaults[key], key


def test_snakemake_ignores_a_misspelt_section_which_the_test_above_notices(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("set-resource:\n  search:\n    gpu: 1\n")
    assert "set-resource" not in parsed(tmp_path)


@pytest.mark.parametrize("name", CLUSTERS)
def test_clusters_run_studies_as_one_machine_does(name: str) -> None:
    for key in COMMON:
        assert profile(name)[key] == profile("default")[key], key
    # The scheduler hands out the GPUs; Snakemake keeps none back.
    assert profile(name)["resources"] == ["mlflow=1"]
    assert profile(name)["retries"] > 0


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_name_existing_rules(name: str) -> None:
    text = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    rules = set(re.findall(r"^rule (\w+):", text, re.MULTILINE))
    rules |= set(re.findall(r'name:\s+f"(\w+)\{batch\}"', text))
    # The lines that are there to be uncommented count too.
    text = (ROOT / "profiles" / name / "config.yaml").read_text()
    optional = yaml.safe_load(re.sub(r"^# (?=( *[\w-]+:)( |$))", "", text, flags=re.MULTILINE))
    assert optional.get("set-resources", {}).keys() <= rules
