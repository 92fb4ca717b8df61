"""A whole study from data to tables, figures and records, and what makes its jobs run again."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import EXECUTABLE, Browser
from harness import NO_NETWORK, ROOT, SECRETS, snakemake

from autosmote.analysis.methods import EXTENSION
from autosmote.report.catalogue import PRODUCTS
from autosmote.report.product import SUFFIXES

RESULTS = Path("results", "smoke")
CELL = Path("breast_cancer", "ir10")
# All tables and figures but those that need an extension, or refitted methods.
MADE = [
    product
    for product in PRODUCTS.values()
    if product.needs != EXTENSION and not product.reads[0].startswith("refit")
]


def reading(source: str) -> dict[str, int]:
    """Return the tables and figures that read a source, each as one job."""
    return {product.name: 1 for product in MADE if source in product.reads}


# What is made of the score table, and of the searches.
AGGREGATES = {"scores": 1, "tracking": 1, "all": 1} | reading("scores") | reading("large_test")
GRID = {"hyperparameter_search": 2, "hyperparameter_scores": 1} | reading("hyperparameters")
LEARNING_CURVES = {"collect_learning_curves": 1} | reading("learning_curves")
SEARCHED = {"search": 2, "case_study": 1} | reading("case_study") | LEARNING_CURVES | GRID | AGGREGATES


def test_run_writes_the_score_table_tables_figures_and_records(smoke: Path) -> None:
    results = smoke / RESULTS
    scores = pd.read_parquet(results / "scores.parquet")
    assert sorted(scores["sampler"]) == [
        *("AutoSMOTE", "Flat policy", "NoResampling", "RandomUnderSampler", "SMOTE"),
        "smote_variants.polynom_fit_SMOTE_star",
    ]
    assert set(scores["status"]) == {"ok"}
    assert scores["test_score"].between(0, 1).all()
    expected = {file for product in MADE for file in product.files(results).values()}
    made = (file for folder in ("tables", "figures", "pages") for file in (results / folder).iterdir())
    assert set(made) == expected
    assert [product.kind for product in MADE].count("table") == 19
    for path in expected:
        begin = {".png": b"\x89PNG", ".pdf": b"%PDF", ".html": b"<!"}.get(path.suffix.lower(), b"")
        assert path.read_bytes().startswith(begin)
    # The score table's six, two searches of the hyperparameter study and four methods of the case study.
    assert json.loads((results / "tracking" / "synced.json").read_text())["created"] == 6 + 2 + 4
    assert (results / "mlflow.db").is_file()


def test_ablation_is_in_the_score_table_and_its_own_folder_but_not_in_table_2(smoke: Path) -> None:
    results = smoke / RESULTS
    search = results / "searches" / "flat" / CELL / "tree" / "macro_f1" / "seed0"
    result = json.loads((search / "result.json").read_text())
    assert (result["sampler"], result["category"]) == ("Flat policy", "Ablation")
    assert json.loads(result["settings"])["hierarchy"] == "flat"
    assert len(pd.read_parquet(search / "history.parquet")) == 6
    ranked = pd.read_csv(results / "tables" / "table2.csv")["method"]
    assert sorted(set(ranked)) == ["AutoSMOTE", "No resampling", "RandomUnderSampler", "SMOTE"]


def test_hyperparameters_are_changed_one_at_a_time(smoke: Path) -> None:
    scores = pd.read_parquet(smoke / RESULTS / "hyperparameters.parquet")
    found = {
        (row["setting"], row["value"]): json.loads(row["settings"])["g2_max"]
        for row in scores.to_dict("records")
    }
    assert found == {("scale", 4): 10, ("g2_max", 5): 5, ("g2_max", 10): 10, ("neighbours", 30): 10}
    # What all of them share is the study's own search, run once more.
    shared = scores[scores["value"] != 5]
    study = pd.read_parquet(smoke / RESULTS / "scores.parquet").query("sampler == 'AutoSMOTE'")
    assert set(shared["test_score"]) == set(study["test_score"])


def test_case_study_without_a_data_set_says_so(smoke: Path) -> None:
    run = snakemake(smoke, "--dry-run", "figure7", config={"case_study": {"dataset": None}})
    assert run.code != 0
    assert "case_study.dataset is null; name a data set to draw" in run.output


def test_search_is_bounded_by_its_configuration_and_logs_its_progress(smoke: Path) -> None:
    search = smoke / RESULTS / "searches" / "autosmote" / CELL / "tree" / "macro_f1" / "seed0"
    result = json.loads((search / "result.json").read_text())
    history = pd.read_parquet(search / "history.parquet")
    assert list(history["iteration"]) == [1, 2, 3, 4, 5, 6]
    assert result["validation_score"] == history["validation_score"].max()
    assert result["device"] == "cpu"  # resources.search.gpu is 0 in the smoke configuration
    with np.load(search / "samples.npz", allow_pickle=False) as samples:
        assert len(samples["X"]) == result["n_synthetic"]
    log = smoke / RESULTS / "logs" / "search" / "autosmote" / CELL / "tree" / "macro_f1" / "seed0.log"
    assert "iteration 6/6" in log.read_text()


def test_every_job_leaves_a_log_and_a_benchmark(smoke: Path) -> None:
    def jobs(kind: str) -> set[Path]:
        folder = smoke / RESULTS / kind
        return {path.relative_to(folder).with_suffix("") for path in folder.rglob("*") if path.is_file()}

    logs = jobs("logs")
    assert logs == jobs("benchmarks")
    assert len(logs) == 16 + len(MADE)


def test_no_file_of_a_run_holds_a_secret_of_its_environment(smoke: Path) -> None:
    files = [path for path in smoke.rglob("*") if path.is_file()]
    assert any(path.name == "mlflow.db" for path in files)
    for path in files:
        content = path.read_bytes()
        assert not [name for name, secret in SECRETS.items() if secret.encode() in content], path


def test_second_run_has_nothing_to_do_whatever_the_number_of_actors(smoke: Path) -> None:
    assert "Nothing to be done" in snakemake(smoke, config={"search": {"actors": 2}}).output


def test_lost_score_file_runs_its_job_and_the_aggregates(smoke_copy: Path) -> None:
    (smoke_copy / RESULTS / "baselines" / "over-sampling" / CELL / "seed0.parquet").unlink()
    assert snakemake(smoke_copy, "--dry-run").jobs == {"baseline": 1} | AGGREGATES


def test_changed_parameter_runs_what_depends_on_it(smoke_copy: Path) -> None:
    longer = snakemake(smoke_copy, "--dry-run", config={"search": {"iterations": 7}})
    assert longer.jobs == SEARCHED
    # The field that data come from stands in Table 1 and nowhere else.
    renamed = snakemake(
        smoke_copy, "--dry-run", config={"datasets": {"breast_cancer": {"domain": "Oncology"}}}
    )
    assert renamed.jobs == reading("datasets") | {"tracking": 1, "all": 1}


@pytest.mark.parametrize(
    ("addition", "jobs"),
    [
        ("\n# A remark.\n", {}),
        ("\nANYTHING = 1\n", SEARCHED),
    ],
)
def test_changed_code_runs_its_jobs_and_a_changed_comment_does_not(
    smoke: Path, tmp_path: Path, addition: str, jobs: dict[str, int]
) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src")
    with (tmp_path / "src" / "autosmote" / "search" / "rollout.py").open("a") as file:
        file.write(addition)
    assert snakemake(smoke, "--dry-run", PYTHONPATH=str(tmp_path / "src")).jobs == jobs


@pytest.mark.slow
def test_other_object_of_a_file_runs_the_jobs_of_its_method(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from autosmote.samplers import get\nONE, OTHER = get('SMOTE'), get('RandomOverSampler')\n"
    )
    study = {"samplers": ["NoResampling", "Mine"], "variants": []}
    for target, jobs in (("ONE", {}), ("OTHER", {"baseline": 1, "baselines": 1})):
        config = {"samplers": {"Mine": f"mine.py:{target}"}, "study": study}
        if target == "ONE":
            run = snakemake(tmp_path, "baselines", config=config)
            assert run.code == 0, run.output
        assert snakemake(tmp_path, "baselines", "--dry-run", config=config).jobs == jobs


def test_method_that_does_not_apply_is_a_row_and_not_an_error(smoke_copy: Path) -> None:
    # 357 // 60 = 5 minority rows, 3 of them for training: in no cluster are enough of them for KMeansSMOTE.
    study = {"imbalance_ratios": [60], "samplers": ["NoResampling", "KMeansSMOTE"]}
    run = snakemake(smoke_copy, "baselines", config={"study": study})
    assert run.code == 0, run.output
    path = smoke_copy / RESULTS / "baselines" / "over-sampling" / "breast_cancer" / "ir60" / "seed0.parquet"
    (row,) = pd.read_parquet(path).to_dict("records")
    assert row["status"] == "not_applicable"
    assert np.isnan(row["test_score"])
    assert "No clusters found" in row["message"]


@pytest.mark.slow
def test_search_gives_the_same_bytes_with_two_actors(smoke: Path, smoke_copy: Path) -> None:
    run = snakemake(smoke_copy, "searches", "--forcerun", "search", config={"search": {"actors": 2}})
    assert run.code == 0, run.output
    search = RESULTS / "searches" / "autosmote" / CELL / "tree" / "macro_f1" / "seed0"
    assert json.loads((smoke_copy / search / "result.json").read_text())["actors"] == 2
    for name in ("history.parquet", "samples.npz", "selections.parquet"):
        assert (smoke_copy / search / name).read_bytes() == (smoke / search / name).read_bytes()


@pytest.mark.slow
def test_gpu_study_runs_on_the_cpu_where_the_gpu_is_switched_off(smoke_copy: Path) -> None:
    config = {"resources": {"search": {"gpu": 1}}}
    run = snakemake(smoke_copy, "searches", "--forcerun", "search", "--resources", "gpu=0", config=config)
    assert run.code == 0, run.output
    search = smoke_copy / RESULTS / "searches" / "autosmote" / CELL / "tree" / "macro_f1" / "seed0"
    assert json.loads((search / "result.json").read_text())["device"] == "cpu"


@pytest.mark.slow
def test_report_holds_the_tables_and_figures(smoke: Path, tmp_path: Path) -> None:
    store = {"mlflow": {"tracking_uri": "http://alice@mlflow.internal:9"}}
    for file in ("report.html", "report.zip"):
        run = snakemake(smoke, "--report", str(tmp_path / file), config=store, **NO_NETWORK)
        assert run.code == 0, run.output
        assert "WARNING" not in run.output
    shown = [product for product in MADE if product.section is not None]
    names = [f"{product.name}.{SUFFIXES[product.kind][0]}" for product in shown]
    assert len(names) == len(MADE) - 1 > 20
    report = (tmp_path / "report.html").read_text()
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        inside = " ".join(archive.namelist())
    for name in names:
        assert name in report
        assert name in inside
    for product in shown:
        assert f'"caption": "<p>{product.caption[:30]}' in report
    # It is as large as the report, and stands beside it.
    assert '"name": "overview.html"' in report
    assert '"name": "browse.html"' not in report
    # The first page tells the configuration, but not where the records are kept.
    assert "factor_range" in report
    assert "mlflow.internal" not in report


@pytest.mark.slow
@pytest.mark.skipif(EXECUTABLE is None, reason="needs Chromium")
def test_first_page_of_the_report_says_what_came_out(smoke: Path, tmp_path: Path) -> None:
    run = snakemake(smoke, "--report", str(tmp_path / "report.html"), **NO_NETWORK)
    assert run.code == 0, run.output
    with Browser(tmp_path / "profile") as browser:
        browser.open((tmp_path / "report.html").as_uri())
        browser.wait_for("document.querySelectorAll('.overview, div#rulegraph > *').length > 1")
        assert " first of 4 methods" in browser.evaluate("document.querySelector('.overview li').innerText")
        # All of it can be read: from the top of the page on, and beside the menu.
        place = browser.evaluate("JSON.stringify(document.querySelector('.study').getBoundingClientRect())")
        assert json.loads(place)["top"] >= 0
        assert json.loads(place)["left"] > browser.evaluate("document.querySelector('nav').clientWidth")
        assert browser.evaluate("document.querySelector('.overview img').naturalWidth") > 100
        # Configuration and workflow are there, but folded.
        assert browser.evaluate("document.querySelectorAll('.study details[open]').length") == 0
        assert browser.evaluate("document.querySelector('div#rulegraph').offsetHeight") == 0
        browser.evaluate("document.querySelector('.study details.workflow summary').click()")
        assert browser.evaluate("document.querySelector('div#rulegraph').offsetHeight") > 100
