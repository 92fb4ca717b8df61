"""What a person sees of a study in MLflow's own pages."""

import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("mlflow", reason="needs the study extra")

from browser import EXECUTABLE, Browser
from mlflow import MlflowClient
from started import started, stop

from autosmote.tracking.sync import sync
from autosmote.utils.storage import write_frame, write_json

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(EXECUTABLE is None, reason="needs Chromium: apt-get install chromium"),
]

SAMPLERS = [f"Sampler{number:02}" for number in range(14)]  # more than the ten that MLflow draws


def row(sampler: str, imbalance_ratio: int, classifier: str) -> dict:
    return {
        "dataset": "digits",
        "imbalance_ratio": imbalance_ratio,
        "seed": 0,
        "sampler": sampler,
        "category": "Auto-sampling" if sampler == "AutoSMOTE" else "Over-sampling",
        "classifier": classifier,
        "metric": "macro_f1",
        "ratio": np.nan,
        "validation_score": 0.5,
        "test_score": 0.5,
        "status": "ok",
        "message": "",
        "settings": "{}",
        "n_majority": 200,
        "n_minority": 100,
        "seconds": 1.5,
    }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The store of a small study."""
    results = tmp_path_factory.mktemp("study") / "results"
    cells = [(ratio, classifier) for ratio in (20, 50) for classifier in ("svm", "tree")]
    rows = [row(sampler, *cell) for sampler in ["AutoSMOTE", *SAMPLERS] for cell in cells]
    write_frame(pd.DataFrame(rows), results / "scores.parquet")
    for ratio, classifier in cells:
        folder = results / f"searches/autosmote/digits/ir{ratio}/{classifier}/macro_f1/seed0"
        scores = np.linspace(0.2, 0.5, 300)
        history = pd.DataFrame({"iteration": range(1, 301), "best_validation_score": scores})
        write_frame(history, folder / "history.parquet")
        write_json(row("AutoSMOTE", ratio, classifier), folder / "result.json")
    for number, changed in enumerate(("scale-2", "scale-8", "unchanged")):
        folder = results / "hyperparameters" / changed / "digits/ir20/svm/macro_f1/seed0"
        write_json(row("AutoSMOTE", 20, "svm") | {"test_score": 0.5 + number / 10}, folder / "result.json")
    (results / "tables").mkdir()
    (results / "tables" / "table2.html").write_text("<p>The table of the study</p>")
    sync(results, study="toy")
    return f"sqlite:///{results}/mlflow.db"


@pytest.fixture(scope="module")
def address(store: str) -> Iterator[str]:
    """Where MLflow serves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store, "--workers", "1"]
    command += ["--port", str(port)]
    address = f"http://127.0.0.1:{port}/"
    with started(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}health", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
        stop(server)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def runs_page(address: str, store: str, **state: str) -> str:
    experiment = MlflowClient(store).get_experiment_by_name("toy/digits").experiment_id
    query = urllib.parse.urlencode({"workflowType": "machine_learning", **state})
    return f"{address}#/experiments/{experiment}/runs?{query}"


def shows(*texts: str) -> str:
    """Return the JavaScript that asks whether the page shows all of these."""
    return " && ".join(f"document.body?.innerText.includes({text!r})" for text in texts)


def follow(browser: Browser, page: str, title: str) -> None:
    """Open where a link of the note on a page leads."""
    browser.open(page)
    browser.wait_for(shows(title, "Sampler00"))
    link = f"[...document.querySelectorAll('a')].find(a => a.innerText == {title!r}).href"
    browser.open(browser.evaluate(link))  # a click would open it in another window


def test_the_list_of_runs_begins_with_autosmote(
    browser: Browser, address: str, store: str, tmp_path: Path
) -> None:
    browser.open(runs_page(address, store))
    browser.wait_for(shows("AutoSMOTE", "Sampler00", "Sampler09"))
    browser.screenshot(tmp_path / "runs.png")
    text = browser.text()
    assert text.index("AutoSMOTE\n") < text.index("Sampler00\n") < text.index("Sampler09\n")


def test_the_link_of_the_note_draws_autosmote_among_the_samplers(
    browser: Browser, address: str, store: str, tmp_path: Path
) -> None:
    follow(browser, runs_page(address, store), "Compare the samplers")
    browser.wait_for("document.querySelectorAll('.bartext').length >= 10")
    browser.wait_for(shows("mean_test_macro_f1"))
    browser.screenshot(tmp_path / "samplers.png")
    legends = browser.text().split("mean_test_macro_f1")[1]
    assert "AutoSMOTE" in legends
    assert "Sampler13" not in legends  # there is no room for all


def test_the_link_of_the_note_draws_the_hyperparameter_study(
    browser: Browser, address: str, store: str, tmp_path: Path
) -> None:
    follow(browser, runs_page(address, store), "Hyperparameters")
    browser.wait_for("document.querySelectorAll('.bartext').length >= 3")
    browser.wait_for(shows("scale-2", "scale-8", "unchanged", "mean_test_macro_f1"))
    browser.screenshot(tmp_path / "hyperparameters.png")
    assert "Sampler00" not in browser.text()


def test_curves_of_searches_can_be_narrowed_by_tags(
    browser: Browser, address: str, store: str, tmp_path: Path
) -> None:
    state = {
        "compareRunsMode": "CHART",
        "orderByKey": "metrics.`validation_score`",
        "searchFilter": "tags.curves = 'true' and tags.classifier = 'svm' and tags.imbalance_ratio = '50'",
    }
    browser.open(runs_page(address, store, **state))
    browser.wait_for(shows("search/best_validation_score"))
    browser.wait_for("document.querySelectorAll('.js-line').length > 0")
    browser.screenshot(tmp_path / "curves.png")
    text = browser.text()
    assert "ir50 · svm" in text
    assert "ir20" not in text
    assert "tree" not in text


def test_tables_are_shown_on_the_summary(browser: Browser, address: str, store: str, tmp_path: Path) -> None:
    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("toy").experiment_id
    (summary,) = client.search_runs([experiment])
    browser.open(
        f"{address}#/experiments/{experiment}/runs/{summary.info.run_id}/artifacts/tables/table2.html"
    )
    browser.wait_for("document.querySelector('iframe[src^=blob]') !== null")
    # The frame is sealed against scripts, but not against the page that made its content.
    browser.evaluate(
        "fetch(document.querySelector('iframe').src).then(r => r.text()).then(t => window.it = t)"
    )
    browser.wait_for("window.it !== undefined")
    assert "The table of the study" in browser.evaluate("window.it")
    browser.screenshot(tmp_path / "summary.png")
