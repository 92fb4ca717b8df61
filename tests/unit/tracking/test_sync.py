import http.server
import json
import multiprocessing
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("mlflow", reason="needs the study extra")

from mlflow import MlflowClient
from mlflow.entities import ViewType
from score_rows import tiny_case
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from started import run_all

from autosmote.tracking.command import main
from autosmote.tracking.records import CURVE_POINTS, _curves
from autosmote.tracking.store import TrackingError
from autosmote.tracking.sync import _without_waiting_for_the_disk, sync
from autosmote.tracking.versions import environment
from autosmote.utils.addresses import has_password
from autosmote.utils.storage import read_json, write_frame, write_json

N_ITERATIONS = 1000


def row(sampler="SMOTE", seed=0, dataset="digits", **values):
    """A row of the score table whose test score tells the seed."""
    return {
        "dataset": dataset,
        "imbalance_ratio": 20,
        "seed": seed,
        "sampler": sampler,
        "category": "Auto-sampling" if sampler == "AutoSMOTE" else "Over-sampling",
        "classifier": "svm",
        "metric": "macro_f1",
        "ratio": np.nan if sampler == "AutoSMOTE" else 0.5,
        "validation_score": 0.5,
        "test_score": 0.6 + seed / 10,
        "status": "ok",
        "message": "",
        "settings": "{}",
        "n_majority": 200,
        "n_minority": 100,
        "seconds": 1.5,
        **values,
    }


def baselines():
    failed = row(
        "ADASYN",
        validation_score=np.nan,
        test_score=np.nan,
        ratio=np.nan,
        status="failed",
        message="no neighbours",
    )
    return [row(seed=0), row(seed=1), row(dataset="iris"), failed]


def write_scores(results, rows):
    frame = pd.DataFrame(rows).astype({"n_majority": "Int64", "n_minority": "Int64"})
    write_frame(frame, results / "scores.parquet")


def search_folder(results, seed):
    return results / "searches/autosmote/digits/ir20/svm/macro_f1" / f"seed{seed}"


def write_search(results, seed, folder=None, **values):
    """A search's files; its validation score at iteration i is i / 1000."""
    folder = folder or search_folder(results, seed)
    iterations = np.arange(1, N_ITERATIONS + 1)
    losses = np.where(iterations < 500, np.nan, 2.0)
    history = pd.DataFrame(
        {"iteration": iterations, "round": 0, "validation_score": iterations / 1000, "low_level_loss": losses}
    )
    write_frame(history, folder / "history.parquet")
    extras = {"wall_seconds": 7.0, "best_iteration": 9, "n_synthetic": 80, "device": "cpu", "actors": 2}
    settings = json.dumps({"learning_rate": 0.005})
    result = row("AutoSMOTE", seed, ratio=None, settings=settings) | extras | values
    write_json(result, folder / "result.json")
    return {name: result[name] for name in row()}


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """The database of a sync without results; making one takes seconds."""
    folder = tmp_path_factory.mktemp("empty")
    sync(folder, study="toy")
    return folder / "mlflow.db"


@pytest.fixture
def results(tmp_path, empty_store):
    """A small finished study: six results on two data sets, one table, one figure, nothing in the store."""
    folder = tmp_path / "results"
    folder.mkdir()
    shutil.copyfile(empty_store, folder / "mlflow.db")
    write_scores(folder, [*baselines(), write_search(folder, 0), write_search(folder, 1)])
    (folder / "tables").mkdir()
    (folder / "tables" / "table2.md").write_text("| method | rank |\n|---|---|\n| SMOTE | 1 |\n")
    (folder / "figures").mkdir()
    (folder / "figures" / "figure4.png").write_bytes(b"\x89PNG not really")
    return folder


def store(results):
    return MlflowClient(f"sqlite:///{results}/mlflow.db")


def runs(results, experiment="toy/digits", kind="result", view=ViewType.ACTIVE_ONLY):
    """The runs of an experiment by job key; two with the same key fail the test."""
    client = store(results)
    experiment_id = client.get_experiment_by_name(experiment).experiment_id
    found = client.search_runs([experiment_id], filter_string=f"tags.kind = '{kind}'", run_view_type=view)
    by_key = {run.data.tags["job_key"]: run for run in found}
    assert len(by_key) == len(found)
    return by_key


def identity(results):
    """All that identifies and describes every active run of the store."""
    client = store(results)
    return {
        run.info.run_id: (
            run.info.run_name,
            run.info.status,
            run.info.end_time,
            run.data.tags,
            run.data.metrics,
        )
        for experiment in client.search_experiments()
        for run in client.search_runs([experiment.experiment_id])
    }


def counts(report):
    return report.created, report.updated, report.unchanged, report.stale


def test_everything_arrives(results):
    report = sync(results, study="toy")
    assert counts(report) == (6, 0, 0, 0)
    assert (report.artifacts, report.problems) == (2, ())

    names = {experiment.name for experiment in store(results).search_experiments()}
    assert names == {"Default", "toy", "toy/digits", "toy/iris"}
    digits = runs(results)
    assert set(digits) == {
        "digits/ir20/ADASYN/svm/macro_f1/seed0",
        "digits/ir20/AutoSMOTE/svm/macro_f1/seed0",
        "digits/ir20/AutoSMOTE/svm/macro_f1/seed1",
        "digits/ir20/SMOTE/svm/macro_f1/seed0",
        "digits/ir20/SMOTE/svm/macro_f1/seed1",
    }
    smote = digits["digits/ir20/SMOTE/svm/macro_f1/seed1"]
    assert smote.info.run_name == "SMOTE · ir20 · svm · macro_f1 · seed1"
    assert smote.info.status == "FINISHED"
    assert smote.info.end_time - smote.info.start_time == 1500
    assert smote.info.end_time == round(1000 * (results / "scores.parquet").stat().st_mtime)
    expected = {name: str(value) for name, value in row(seed=1).items()}
    for tag in (
        "dataset",
        "imbalance_ratio",
        "classifier",
        "metric",
        "sampler",
        "category",
        "seed",
        "status",
    ):
        assert smote.data.tags[tag] == expected[tag]
    assert smote.data.metrics == {
        "validation_score": 0.5,
        "test_score": 0.7,
        "seconds": 1.5,
        "n_majority": 200,
        "n_minority": 100,
    }
    assert smote.data.params == {"ratio": "0.5"}


def test_a_failed_method_is_a_failed_run_with_its_message_and_without_scores(results):
    sync(results, study="toy")
    run = runs(results)["digits/ir20/ADASYN/svm/macro_f1/seed0"]
    assert run.info.status == "FAILED"
    assert run.data.tags["message"] == run.data.tags["mlflow.note.content"] == "no neighbours"
    assert set(run.data.metrics) == {"seconds", "n_majority", "n_minority"}
    assert run.data.params == {}


def test_parents_hold_the_means_of_their_children(results):
    sync(results, study="toy")
    parents, children = runs(results, kind="sampler"), runs(results)
    assert {run.info.run_name for run in parents.values()} == {"ADASYN", "AutoSMOTE", "SMOTE"}
    for child in children.values():
        parent = parents[f"digits/{child.data.tags['sampler']}"]
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    means = parents["digits/SMOTE"].data.metrics
    assert means == {
        "mean_test_macro_f1": pytest.approx(0.65),
        "rank_macro_f1": 1.5,
        "results": 2,
        "results_without_score": 0,
        "seconds": 3,
    }
    assert parents["digits/ADASYN"].data.metrics == {
        "rank_macro_f1": 3,
        "results": 1,
        "results_without_score": 1,
        "seconds": 1.5,
    }


def test_large_test_scores_have_means_and_ranks_of_their_own(results):
    # On the test set AutoSMOTE and SMOTE are equal; on the large test set AutoSMOTE is better.
    rows = [row(seed=seed, large_test_score=0.3) for seed in (0, 1)]
    rows += [row("ADASYN", test_score=0.1, large_test_score=np.nan)]  # a task without unused rows
    rows += [write_search(results, seed, large_test_score=0.5) | {"large_test_score": 0.5} for seed in (0, 1)]
    for name, category in (("ClassWeight", "Extension"), ("Flat policy", "Ablation")):
        rows += [row(name, category=category, test_score=0.99, large_test_score=0.99)]
    write_scores(results, rows)
    sync(results, study="toy")
    children = runs(results)
    assert children["digits/ir20/SMOTE/svm/macro_f1/seed0"].data.metrics["large_test_score"] == 0.3
    assert "large_test_score" not in children["digits/ir20/ADASYN/svm/macro_f1/seed0"].data.metrics
    found = {run.info.run_name: run.data.metrics for run in runs(results, kind="sampler").values()}
    assert found["AutoSMOTE"]["mean_large_test_macro_f1"] == 0.5
    ranks = {
        name: [metrics.get("rank_macro_f1"), metrics.get("rank_large_test_macro_f1")]
        for name, metrics in found.items()
    }
    assert ranks == {
        "AutoSMOTE": [1.5, 1],
        "SMOTE": [1.5, 2],
        "ADASYN": [3, None],
        # They are in no table with the others.
        "ClassWeight": [None, None],
        "Flat policy": [None, None],
    }


def test_methods_are_logged_with_their_data_set(results):
    facts = {
        "name": "digits",
        "source": "sklearn",
        "origin": "scikit-learn 1.9.1",
        "checksum": "sha256:" + "0123456789abcdef" * 4,
        "licence": None,
        "rows": 300,
        "n_features_raw": 64,
        "n_majority": 200,
        "n_minority": 100,
    }
    write_json(facts, results / "data" / "digits.json")
    sync(results, study="toy")
    for run in runs(results, kind="sampler").values():
        (found,) = run.inputs.dataset_inputs
        assert (found.dataset.name, found.dataset.source_type) == ("digits", "sklearn")
        assert found.dataset.digest == "0123456789abcdef0123456789abcdef0123"
        assert json.loads(found.dataset.source)["checksum"] == facts["checksum"]
        assert json.loads(found.dataset.profile)["n_minority"] == 100
    before = identity(results)
    sync(results, study="toy")
    assert identity(results) == before
    assert not runs(results, "toy/iris", "sampler")["iris/SMOTE"].inputs.dataset_inputs
    (results / "data" / "digits.json").write_text("{")
    assert "digits.json" in sync(results, study="toy").problems[0]


HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def write_benchmark(results, place, seconds, memory, cpu):
    path = results / "benchmarks" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}{seconds}\t0:00:04\t{memory}\t1\t1\t1\t0\t0\t46\t{cpu}\n")


def test_runs_tell_what_their_jobs_took(results):
    write_benchmark(results, "search/autosmote/digits/ir20/svm/macro_f1/seed0.tsv", 4.5, 226.25, 2.5)
    write_benchmark(results, "search/autosmote/digits/ir20/svm/macro_f1/seed1.tsv", 0.5, "NA", 0.25)
    write_benchmark(results, "tracking/tracking.tsv", 9, 9, 9)
    sync(results, study="toy")
    took = [
        {
            name: value
            for name, value in runs(results)[
                f"digits/ir20/AutoSMOTE/svm/macro_f1/seed{seed}"
            ].data.metrics.items()
            if name.startswith("job_")
        }
        for seed in (0, 1)
    ]
    assert took == [
        {"job_seconds": 4.5, "job_cpu_seconds": 2.5, "job_memory_mb": 226.25},
        {"job_seconds": 0.5, "job_cpu_seconds": 0.25},
    ]
    (summary,) = runs(results, "toy", "summary").values()
    assert summary.data.metrics == {
        "jobs/search": 2,
        "seconds/search": 5,
        "cpu_seconds/search": 2.75,
        "memory_mb/search": 226.25,
    }


def test_the_summary_tells_commit_and_versions(results, monkeypatch):
    sync(results, study="toy")
    (summary,) = runs(results, "toy", "summary").values()
    assert summary.data.tags["version.numpy"] == np.__version__
    assert summary.data.tags["version.python"] == ".".join(map(str, sys.version_info[:3]))
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True
    ).stdout.strip()
    assert summary.data.tags.get("mlflow.source.git.commit", "").removesuffix("-dirty") == commit
    # Where git cannot tell, there is none.
    monkeypatch.setenv("PATH", "")
    assert "mlflow.source.git.commit" not in environment()


def test_autosmote_stands_first_also_when_samplers_are_added_later(results):
    def newest_first():
        parents = runs(results, kind="sampler").values()
        parents = [run for run in parents if run.data.tags["dataset"] == "digits"]
        return [run.info.run_name for run in sorted(parents, key=lambda run: -run.info.start_time)]

    sync(results, study="toy")
    assert newest_first() == ["AutoSMOTE", "ADASYN", "SMOTE"]
    rows = [*baselines(), row("SMOTEN"), write_search(results, 0), write_search(results, 1)]
    write_scores(results, rows)
    sync(results, study="toy")
    assert newest_first()[0] == "AutoSMOTE"
    assert set(newest_first()) == {"AutoSMOTE", "ADASYN", "SMOTE", "SMOTEN"}


def test_results_are_tagged_for_the_links_of_their_experiment(results):
    write_grid_search(results, "scale-8", 0.3)
    tiny_case().save(results / "case_study")
    sync(results, study="toy")

    def linked(name):
        client = store(results)
        experiment = client.get_experiment_by_name(name)
        note = experiment.tags["mlflow.note.content"]
        for title, identifier, query in re.findall(r"\[(.+?)\]\(#/experiments/(\d+)/runs\?(.+?)\)", note):
            assert identifier == experiment.experiment_id
            search = urllib.parse.parse_qs(query)["searchFilter"][0]
            yield title, {run.info.run_name for run in client.search_runs([identifier], search)}

    searches = {f"AutoSMOTE · ir20 · svm · macro_f1 · seed{seed}" for seed in (0, 1)}
    failed = {"ADASYN · ir20 · svm · macro_f1 · seed0"}
    assert dict(linked("toy/digits")) == {
        "Compare the samplers": {"ADASYN", "AutoSMOTE", "SMOTE"},
        "Curves of the searches": searches,
        "Results without a score": failed,
        "Hyperparameters": {"scale-8"},
    }
    assert len(dict(linked("toy/iris"))) == 3
    ((title, shown),) = linked("toy/two_clusters")
    assert title == "Case study"
    assert len(shown) == 5


def test_an_outdated_note_is_replaced(results):
    sync(results, study="toy")
    client = store(results)
    experiment = client.get_experiment_by_name("toy/digits")
    client.set_experiment_tag(experiment.experiment_id, "mlflow.note.content", "of an older version")
    sync(results, study="toy")
    assert client.get_experiment_by_name("toy/digits").tags == experiment.tags


def test_a_search_has_thinned_curves_and_its_settings(results):
    sync(results, study="toy")
    run = runs(results)["digits/ir20/AutoSMOTE/svm/macro_f1/seed0"]
    assert run.data.params == {"learning_rate": "0.005", "device": "cpu", "actors": "2"}
    assert {run.data.metrics[name] for name in ("wall_seconds", "best_iteration", "n_synthetic")} == {
        7,
        9,
        80,
    }

    curve = store(results).get_metric_history(run.info.run_id, "search/validation_score")
    steps = [point.step for point in curve]
    assert len(steps) == len(set(steps)) == CURVE_POINTS
    assert (min(steps), max(steps)) == (1, N_ITERATIONS)
    assert all(point.value == point.step / 1000 for point in curve)
    # An iteration without an update has no loss, and no point stands in for it.
    losses = store(results).get_metric_history(run.info.run_id, "search/low_level_loss")
    assert {point.value for point in losses} == {2.0}
    assert min(point.step for point in losses) >= 500
    assert "search/round" not in run.data.metrics


def write_grid_search(results, changed, score):
    """A search of the hyperparameter study."""
    folder = results / "hyperparameters" / changed / "digits/ir20/svm/macro_f1/seed0"
    write_search(results, 0, folder, settings=json.dumps({"changed": changed}), test_score=score)


def test_searches_of_the_hyperparameter_study_arrive_with_their_curves(results):
    write_grid_search(results, "scale-8", 0.3)
    write_grid_search(results, "unchanged", 0.4)
    assert counts(sync(results, study="toy")) == (8, 0, 0, 0)

    assert len(runs(results)) == 5  # a filter for results does not show them
    found = runs(results, kind="hyperparameter_result")
    assert set(found) == {
        "digits/hyperparameters/scale-8/ir20/AutoSMOTE/svm/macro_f1/seed0",
        "digits/hyperparameters/unchanged/ir20/AutoSMOTE/svm/macro_f1/seed0",
    }
    run = found["digits/hyperparameters/scale-8/ir20/AutoSMOTE/svm/macro_f1/seed0"]
    assert run.info.run_name == "scale-8 · AutoSMOTE · ir20 · svm · macro_f1 · seed0"
    tags = {"changed": "scale-8", "sampler": "AutoSMOTE", "classifier": "svm", "curves": "true"}
    assert tags.items() <= run.data.tags.items()
    assert run.data.params["changed"] == "scale-8"
    assert run.data.metrics["test_score"] == 0.3
    assert len(store(results).get_metric_history(run.info.run_id, "search/validation_score")) == CURVE_POINTS

    parents = runs(results, kind="hyperparameter")
    means = {
        run.info.run_name: (run.data.tags["changed"], run.data.metrics["mean_test_macro_f1"])
        for run in parents.values()
    }
    assert means == {"scale-8": ("scale-8", 0.3), "unchanged": ("unchanged", 0.4)}
    parent = parents["digits/hyperparameters/scale-8"]
    assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
    # The mean of AutoSMOTE's own searches is without them.
    assert runs(results, kind="sampler")["digits/AutoSMOTE"].data.metrics["results"] == 2

    before = identity(results)
    assert counts(sync(results, study="toy")) == (0, 0, 8, 0)
    assert identity(results) == before


def test_methods_of_the_case_study_arrive(results):
    tiny_case().save(results / "case_study")
    assert counts(sync(results, study="toy")) == (11, 0, 0, 0)
    found = runs(results, "toy/two_clusters", "case_study_result")
    scores = {
        run.data.tags["sampler"]: (run.data.tags["status"], run.data.metrics.get("test_score"))
        for run in found.values()
    }
    assert scores == {
        "NoResampling": ("ok", 0.75),
        "SMOTE": ("ok", 0.75),
        "CTGAN": ("ok", 0.75),
        "KMeansSMOTE": ("not_applicable", None),
        "AutoSMOTE": ("ok", 0.75),
    }
    (parent,) = runs(results, "toy/two_clusters", "case_study").values()
    assert {run.data.tags["mlflow.parentRunId"] for run in found.values()} == {parent.info.run_id}
    # A mean over methods would say nothing.
    assert parent.data.metrics == {"results": 5, "results_without_score": 1, "seconds": 2.5}
    assert parent.info.run_name == "case study"
    assert "sampler" not in parent.data.tags

    assert counts(sync(results, study="toy")) == (0, 0, 11, 0)
    tiny_case(methods=("NoResampling", "AutoSMOTE")).save(results / "case_study")
    assert counts(sync(results, study="toy")) == (0, 0, 8, 3)


def test_a_damaged_file_of_the_further_studies_is_named(results):
    write_grid_search(results, "scale-8", 0.3)
    (results / "hyperparameters/scale-8/digits/ir20/svm/macro_f1/seed0/result.json").write_text("{}")
    (results / "case_study.json").write_text("{}")
    report = sync(results, study="toy")
    assert counts(report) == (6, 0, 0, 0)
    first, second = sorted(report.problems)
    assert "case_study.json" in first
    assert "result.json" in second


def test_only_measured_columns_of_a_history_are_curves():
    history = pd.DataFrame(
        {"iteration": [1, 2], "sampler": ["SMOTE", "AllKNN"], "random_state": [7, 8], "ratio": [0.5, np.nan]}
    )
    assert _curves(history, Path("history.parquet")) == [("search/ratio", 0.5, 1)]


def test_tables_and_figures_are_artifacts_of_the_summary(results, tmp_path):
    sync(results, study="toy")
    client = store(results)
    (summary,) = runs(results, "toy", "summary").values()
    figures = client.list_artifacts(summary.info.run_id, "figures")
    assert [file.path for file in figures] == ["figures/figure4.png"]
    copy = client.download_artifacts(summary.info.run_id, "figures/figure4.png", str(tmp_path))
    assert Path(copy).read_bytes() == (results / "figures" / "figure4.png").read_bytes()
    assert "| SMOTE | 1 |" in summary.data.tags["mlflow.note.content"]
    assert Path(summary.info.artifact_uri).is_relative_to(results)


def test_a_second_sync_changes_nothing(results):
    sync(results, study="toy")
    before = identity(results)
    report = sync(results, study="toy")
    assert counts(report) == (0, 0, 6, 0)
    assert report.artifacts == 0
    assert identity(results) == before


def test_a_changed_row_updates_one_run(results):
    sync(results, study="toy")
    before = runs(results)
    rows = baselines()
    rows[0]["test_score"] = 0.1
    write_scores(results, [*rows, write_search(results, 0), write_search(results, 1)])
    assert counts(sync(results, study="toy")) == (0, 1, 5, 0)

    after = runs(results)
    changed = {key for key in before if before[key].info.run_id != after[key].info.run_id}
    assert before.keys() == after.keys()
    assert changed == {"digits/ir20/SMOTE/svm/macro_f1/seed0"}
    assert after[changed.pop()].data.metrics["test_score"] == 0.1
    # The parent follows, and stays the same run.
    mean = runs(results, kind="sampler")["digits/SMOTE"].data.metrics["mean_test_macro_f1"]
    assert mean == pytest.approx((0.1 + 0.7) / 2)


def test_a_changed_figure_is_uploaded_to_the_same_summary(results):
    sync(results, study="toy")
    (before,) = runs(results, "toy", "summary").values()
    (results / "figures" / "figure4.png").write_bytes(b"another figure")
    report = sync(results, study="toy")
    assert (counts(report), report.artifacts) == ((0, 0, 6, 0), 2)
    (after,) = runs(results, "toy", "summary").values()
    assert after.info.run_id == before.info.run_id
    uploaded = Path(after.info.artifact_uri) / "figures" / "figure4.png"
    assert uploaded.read_bytes() == b"another figure"


def test_a_run_whose_result_is_gone_is_kept_and_marked(results):
    sync(results, study="toy")
    before = runs(results)
    searches = [write_search(results, 0), write_search(results, 1)]
    write_scores(
        results, [*baselines()[1:2], *baselines()[3:], *searches]
    )  # one run and a whole data set gone
    gone = "digits/ir20/SMOTE/svm/macro_f1/seed0"

    report = sync(results, study="toy")
    assert counts(report)[:3] == (0, 0, 4)
    assert report.stale == 2 + 1  # both results and the parent on iris
    marked = runs(results)
    assert {key for key, run in marked.items() if "stale" in run.data.tags} == {gone}
    assert {"stale"} <= runs(results, "toy/iris")["iris/ir20/SMOTE/svm/macro_f1/seed0"].data.tags.keys()
    assert sync(results, study="toy") == report

    write_scores(results, [*baselines(), *searches])
    assert counts(sync(results, study="toy")) == (0, 0, 6, 0)
    back = runs(results)[gone]
    assert back.info.run_id == before[gone].info.run_id
    assert "stale" not in back.data.tags


def test_results_of_single_jobs_are_enough(results):
    (results / "scores.parquet").unlink()
    frame = pd.DataFrame(baselines()[:2]).astype({"n_majority": "Int64", "n_minority": "Int64"})
    write_frame(frame, results / "baselines/over-sampling/digits/ir20/seed0.parquet")
    assert counts(sync(results, study="toy")) == (4, 0, 0, 0)
    before = identity(results)

    # The table that is collected from them at the end says the same about them.
    write_scores(results, [*baselines()[:2], write_search(results, 0), write_search(results, 1)])
    assert counts(sync(results, study="toy")) == (0, 0, 4, 0)
    assert identity(results) == before


def test_a_table_decides_what_belongs_to_the_study_until_a_job_is_newer(results):
    other = results / "baselines/over-sampling/digits/ir20/seed7.parquet"
    frame = pd.DataFrame([row(seed=7)]).astype({"n_majority": "Int64", "n_minority": "Int64"})
    write_frame(frame, other)
    write_search(results, 2)
    for old in (other, search_folder(results, 2) / "result.json"):
        os.utime(old, (1, 1))
    assert counts(sync(results, study="toy")) == (6, 0, 0, 0)
    os.utime(other, (time.time() + 9,) * 2)
    assert counts(sync(results, study="toy")) == (1, 0, 6, 0)


def test_an_empty_folder_is_no_error(tmp_path):
    report = sync(tmp_path, study="toy")
    assert (counts(report), report.artifacts, report.problems) == ((0, 0, 0, 0), 0, ())


def test_a_damaged_file_is_named_and_does_not_stop_the_others(results, capsys):
    sync(results, study="toy")
    searches = [write_search(results, seed) for seed in (0, 1)]
    damaged = search_folder(results, 1) / "history.parquet"
    damaged.write_bytes(b"PAR1 cut short")
    write_scores(results, [*baselines()[:1], *searches])
    broken = results / "baselines/over-sampling/digits/ir20/seed9.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"")

    assert main(["--results", str(results), "--study", "toy"]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert str(broken) in errors[0]
    assert str(damaged) in errors[1]
    # Whose rows are in the damaged files is unknown, so no run may be called stale.
    assert not any("stale" in run.data.tags for run in runs(results).values())
    assert len(runs(results)) == 5


def test_a_damaged_table_is_named_and_the_jobs_files_are_used(results):
    (results / "scores.parquet").write_bytes(b"nonsense")
    report = sync(results, study="toy")
    assert len(report.problems) == 1
    assert "scores.parquet" in report.problems[0]
    assert counts(report) == (2, 0, 0, 0)


def test_a_table_without_the_columns_is_named(results):
    write_frame(pd.DataFrame({"dataset": ["digits"]}), results / "scores.parquet")
    (problem,) = sync(results, study="toy").problems
    assert "scores.parquet" in problem


@pytest.mark.slow
def test_concurrent_syncs_do_no_harm(results):
    (results / "mlflow.db").unlink()  # both want to make it
    context = multiprocessing.get_context("spawn")
    command = ["--results", str(results), "--study", "toy"]
    processes = [context.Process(target=main, args=(command,)) for _ in range(2)]
    assert run_all(processes) == [0, 0]
    assert len(runs(results)) == 5
    assert len(runs(results, kind="sampler")) == 3
    before = identity(results)
    assert counts(sync(results, study="toy")) == (0, 0, 6, 0)
    assert identity(results) == before


KILLED = """
import os, signal, sys
import mlflow
from autosmote.tracking.command import main

def kill_at(name, calls):
    original = getattr(mlflow.MlflowClient, name)
    left = [calls]
    def wrapped(*args, **kwargs):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    setattr(mlflow.MlflowClient, name, wrapped)

kill_at(sys.argv[1], int(sys.argv[2]))
main(["--results", sys.argv[3], "--study", "toy"])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "call"), [("create_run", 3), ("log_batch", 3), ("set_terminated", 1), ("log_artifact", 2)]
)
def test_a_sync_killed_half_way_is_completed_by_the_next(results, step, call):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, step, str(call), str(results)], capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    sync(results, study="toy")
    assert len(runs(results)) == 5
    assert len(runs(results, "toy/iris")) == 1
    assert len(runs(results, kind="sampler")) == 3
    everything = identity(results)
    assert not any(status == "RUNNING" for _, status, *_ in everything.values())
    assert len(everything) == 6 + 4 + 1  # results, parents, summary
    report = sync(results, study="toy")
    assert (counts(report), report.artifacts) == ((0, 0, 6, 0), 0)


@pytest.mark.slow
def test_a_killed_replacement_leaves_one_run(results):
    sync(results, study="toy")
    rows = baselines()
    rows[0]["test_score"] = 0.1
    write_scores(results, [*rows, write_search(results, 0), write_search(results, 1)])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "delete_run", "1", str(results)], capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    sync(results, study="toy")
    assert runs(results)["digits/ir20/SMOTE/svm/macro_f1/seed0"].data.metrics["test_score"] == 0.1


def test_what_was_deleted_by_hand_comes_back(results):
    sync(results, study="toy")
    client = store(results)
    client.delete_run(runs(results, kind="sampler")["digits/SMOTE"].info.run_id)
    client.delete_experiment(client.get_experiment_by_name("toy/iris").experiment_id)
    sync(results, study="toy")
    parent = runs(results, kind="sampler")["digits/SMOTE"].info.run_id
    children = [run for run in runs(results).values() if run.data.tags["sampler"] == "SMOTE"]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent}
    assert len(runs(results, "toy/iris")) == 1


def test_runs_of_others_are_left_alone(results):
    sync(results, study="toy")
    client = store(results)
    experiment = client.get_experiment_by_name("toy/digits").experiment_id
    foreign = client.create_run(experiment, run_name="mine").info.run_id
    sync(results, study="toy")
    assert client.get_run(foreign).info.lifecycle_stage == "active"
    assert "stale" not in client.get_run(foreign).data.tags


def test_a_moved_folder_keeps_its_runs_and_gets_its_artifacts_back(results, tmp_path):
    sync(results, study="toy")
    before = runs(results)
    moved = results.rename(tmp_path / "moved")
    report = sync(moved, study="toy")
    assert (counts(report), report.artifacts) == ((0, 0, 6, 0), 2)
    assert {key: run.info.run_id for key, run in runs(moved).items()} == {
        key: run.info.run_id for key, run in before.items()
    }
    (summary,) = runs(moved, "toy", "summary").values()
    assert Path(summary.info.artifact_uri).is_relative_to(moved)
    assert not results.exists()
    assert sync(moved, study="toy").artifacts == 0


def test_the_store_does_not_name_the_user(results, monkeypatch):
    monkeypatch.setenv("LOGNAME", "alice-of-the-test")
    monkeypatch.setenv("HOME", "/home/alice-of-the-test")
    rows = baselines()
    rows[3]["message"] = "no file /home/alice-of-the-test/x"
    write_scores(results, rows)
    sync(results, study="toy")
    with sqlite3.connect(results / "mlflow.db") as database:
        dump = "\n".join(database.iterdump())
    assert "no file ~/x" in dump
    assert "alice-of-the-test" not in dump
    assert all(run.data.tags["mlflow.user"] == "toy" for run in runs(results).values())


def test_an_unreachable_server_is_one_clear_error(results):
    files = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    command = [sys.executable, "-m", "autosmote.tracking", "--results", str(results), "--study", "toy"]
    finished = subprocess.run(
        [*command, "--tracking-uri", "http://alice:secret@127.0.0.1:9"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 1
    assert finished.stdout == ""
    (error,) = finished.stderr.splitlines()
    assert error.startswith("error: cannot use the MLflow store http://127.0.0.1:9: ")
    assert "refused" in error
    assert "secret" not in error
    assert {path: path.read_bytes() for path in files} == files


def test_an_unreachable_database_is_asked_once(results, monkeypatch):
    asked = []

    def refuse(uri):
        asked.append(uri)
        raise OperationalError("connect", {}, Exception("connection refused"))

    monkeypatch.setattr("sqlalchemy.create_engine", refuse)
    # MLflow itself would ask for two minutes.
    monkeypatch.setattr("mlflow.MlflowClient", lambda *arguments, **options: pytest.fail("MLflow was asked"))
    address = "postgresql://mlflow:secret@127.0.0.1:9/mlflow"
    with pytest.raises(TrackingError, match=r"store postgresql://127.0.0.1:9/mlflow: .*refused") as caught:
        sync(results, study="toy", tracking_uri=address)
    assert asked == [address]
    assert "secret" not in str(caught.value)


def test_only_a_studys_own_file_is_written_without_waiting_for_the_disk(tmp_path):
    own, other = tmp_path / "own.db", tmp_path / "other.db"

    def synchronous(path):
        engine = create_engine(f"sqlite:///{path}")
        with engine.connect() as connection:
            value = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        engine.dispose()
        return value

    full = 2
    with _without_waiting_for_the_disk(own):
        assert (synchronous(own), synchronous(other)) == (0, full)
    assert synchronous(own) == full


class Hanging(http.server.BaseHTTPRequestHandler):
    """A server that is well, but hangs up on every other question."""

    def do_GET(self):
        if self.path == "/health":
            self.send_response(200)
            self.end_headers()

    def do_POST(self):
        pass

    def log_message(self, *arguments):
        pass


def test_an_error_that_quotes_the_address_keeps_its_password(results, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with http.server.HTTPServer(("127.0.0.1", 0), Hanging) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_port}"
        uri = f"http://alice:se%2Fcret@{address}"
        with pytest.raises(TrackingError, match=f"store http://{address}: .*untouched") as caught:
            sync(results, study="toy", tracking_uri=uri)
        server.shutdown()
    shown = "".join(traceback.format_exception(caught.value))
    assert "alice:***@" in shown  # MLflow does quote it
    assert "cret" not in shown


@pytest.mark.parametrize(
    ("uri", "held"),
    [
        ("sqlite:////a/mlflow.db", False),
        ("http://127.0.0.1:5000", False),
        ("postgresql://alice@localhost/mlflow", False),
        ("postgresql://alice:secret@localhost/mlflow", True),
        ("postgresql://localhost/mlflow?user=alice&password=secret", True),
        ("http://alice:s@cret@localhost:5000", True),
    ],
)
def test_a_password_in_an_address_is_noticed(uri, held):
    assert has_password(uri) is held


def test_a_database_without_its_driver_is_one_clear_error(results, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(TrackingError, match=r"store postgresql://localhost/mlflow: .*psycopg2.*untouched"):
        sync(results, study="toy", tracking_uri="postgresql://alice@localhost/mlflow")


def test_a_damaged_store_is_one_clear_error(results):
    (results / "mlflow.db").write_text("this is not a database " * 99)
    with pytest.raises(TrackingError, match=r"mlflow\.db.*not a database.*untouched"):
        sync(results, study="toy")


def test_wrong_arguments_are_named(tmp_path):
    with pytest.raises(TrackingError, match="no results folder .*nowhere"):
        sync(tmp_path / "nowhere", study="toy")
    with pytest.raises(ValueError, match="'a/b'"):
        sync(tmp_path, study="a/b")


def test_the_result_files_stay_as_they_were(results):
    before = read_json(search_folder(results, 0) / "result.json")
    sync(results, study="toy")
    assert read_json(search_folder(results, 0) / "result.json") == before
    written = {path.relative_to(results).parts[0] for path in results.rglob("*") if path.is_file()}
    assert written == {
        "scores.parquet",
        "searches",
        "tables",
        "figures",
        "mlflow.db",
        "mlflow.db.lock",
        "mlartifacts",
        "tracking",
    }


def test_importing_the_module_does_not_import_mlflow():
    code = (
        "import sys, autosmote.tracking.sync; print({'mlflow', 'torch', 'matplotlib'} & sys.modules.keys())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
