"""The command line, in this process."""

import csv
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, recall_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

import autosmote
from autosmote.cli import comparison
from autosmote.cli.case import Case
from autosmote.cli.codes import CodedClassifier, Codes
from autosmote.cli.commands import main
from autosmote.cli.comparison import DEFAULT_METHODS
from autosmote.cli.csv_table import CsvTable, with_encoding
from autosmote.estimator.columns import Columns
from autosmote.estimator.policy_problem import PolicyProblem
from autosmote.samplers import registry
from autosmote.study import strategies


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(*arguments):
    """The one line of a command that ends with exit code 2."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert not result.stdout
    (line,) = result.stderr.splitlines()
    assert line.startswith("autosmote: ")
    return line.removeprefix("autosmote: ")


def mixed(n=160, seed=0):
    """Rows of three classes as they stand in a file: numbers, whole numbers, words, gaps."""
    rng = np.random.default_rng(seed)
    code = np.repeat([0, 1, 2], [n - 50, 35, 15])[rng.permutation(n)]
    table = pd.DataFrame(
        {
            "id": [f"{i:04d}" for i in range(n)],
            "income": [f"{value:.2f}" for value in rng.lognormal(10, 0.5, n) * (1 + 0.4 * code)],
            "children": rng.poisson(1 + code).astype(str),
            "colour": np.array(["red", "green", "blue, light"])[(code + rng.integers(0, 2, n)) % 3],
            "member": np.where(rng.random(n) < 0.3 + 0.2 * code, "TRUE", "FALSE"),
            "class": np.array(["ok", "late", "01"])[code],
        }
    )
    for name in ("income", "children", "colour", "member"):
        gaps = rng.random(n) < 0.1
        table.loc[gaps, name] = rng.choice(["", "NA", "?"], gaps.sum())
    return table


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    mixed().to_csv(path, index=False)
    return path


@pytest.fixture
def two_classes(tmp_path):
    path = tmp_path / "two.csv"
    table = mixed()
    table.assign(**{"class": np.where(table["class"] == "ok", "no", "yes")}).to_csv(path, index=False)
    return path


def read(path):
    return pd.read_csv(path, dtype=str, na_filter=False)


def test_version_and_help():
    assert run("--version").stdout == f"autosmote {autosmote.__version__}\n"
    for arguments in ([], ["--help"], ["-h"]):
        result = run(*arguments)
        assert result.exit_code == 0
        assert all(command in result.stdout for command in ("resample", "compare", "samplers"))
    assert "--scoring" in run("resample", "--help").stdout


def test_the_command_is_installed():
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="autosmote")
    assert entry.load() is main


def test_resample_adds_rows_like_those_of_the_file(data, tmp_path):
    out = tmp_path / "resampled.csv"
    result = run(
        "resample", data, "--target", "class", "--estimator", "knn", "--iterations", 41, "--ignore", "id",
        "--out", out, "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert not result.stderr
    report = json.loads(result.stdout)
    given, written = read(data), read(out)
    assert_frame_equal(written[: len(given)], given)
    assert out.read_bytes().startswith(data.read_bytes())
    added = written[len(given) :]
    assert len(added) > 0
    assert report["rows"] == {"01": 15, "late": 35, "ok": 110}
    assert {k: v for k, v in report["synthetic"].items() if v} == dict(added["class"].value_counts())
    assert report["validation_scores"]["autosmote"] > report["validation_scores"]["no_resampling"]
    assert report["iterations"] == 41
    assert (added["id"] == "").all()
    assert added["children"].str.fullmatch(r"\d+").all()
    assert added["income"].str.fullmatch(r"\d+(\.\d+)?").all()
    for name in ("colour", "member"):
        assert set(added[name]) <= set(given[name])
    for name in ("income", "children"):
        present = given[name][given[name].str.contains(r"\d")].astype(float)
        assert added[name].astype(float).between(present.min(), present.max()).all()


def test_resample_searches_policies_or_as_the_paper_does(two_classes, tmp_path):
    base = ["resample", two_classes, "--target", "class", "--estimator", "knn", "--iterations", 24, "--json"]
    reports = [
        json.loads(run(*base, "--out", tmp_path / "out.csv", *more).stdout)
        for more in ([], ["--strategy", "policy_search"], ["--strategy", "paper"])
    ]
    assert [report["strategy"] for report in reports] == ["policy_search", "policy_search", "paper"]
    assert reports[0] == reports[1]
    baselines = [report["validation_scores"]["no_resampling"] for report in reports]
    assert baselines[0] != baselines[2]  # Over four folds, and on one.


def test_the_bank_knows_the_classifier_of_the_command(two_classes):
    table = CsvTable(two_classes, "class")
    coded = CodedClassifier(with_encoding(KNeighborsClassifier()), Codes(table.labels), "knn")
    problem = PolicyProblem(
        table.features, table.labels.to_numpy(), Columns(table.features), estimator=coded,
        scorer=lambda e, X, y: 0.0, validation=0.25, k_neighbors=5, max_samples=None, seed=0,
    )  # fmt: skip
    assert problem.bank_key("macro_f1") == ("KNeighborsClassifier", "macro_f1")


def test_resample_repeats_itself_and_reports_in_words(data, tmp_path):
    outs = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for out in outs:
        result = run("resample", data, "--target", "class", "--iterations", 5, "--seed", 3, "--out", out)
        assert result.exit_code == 0, result.output
        assert "no resampling" in result.stdout
        assert result.stdout.endswith(f"rows written to {out}\n")
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_resample_adds_nothing_where_nothing_helps(tmp_path):
    path, out = tmp_path / "easy.csv", tmp_path / "out.csv"
    y = np.repeat(["a", "b"], [40, 10])
    pd.DataFrame({"x": np.arange(50) + 100 * (y == "b"), "y": y}).to_csv(path, index=False)
    result = run("resample", path, "--target", "y", "--iterations", 5, "--out", out)
    assert result.exit_code == 0, result.output
    assert "none of 5 iterations scored higher than no resampling" in result.stdout
    assert out.read_bytes() == path.read_bytes()


def test_any_classifier_can_be_named(two_classes, tmp_path):
    result = run(
        "resample", two_classes, "--target", "class", "--estimator", "sklearn.naive_bayes.GaussianNB",
        "--scoring", "balanced_accuracy", "--validation", 3, "--iterations", 8, "--max-samples", 9,
        "--out", tmp_path / "out.csv", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert sum(json.loads(result.stdout)["synthetic"].values()) <= 9


@pytest.fixture
def picky(tmp_path, monkeypatch):
    """A module with a classifier that takes codes only and says much, as gradient boosters do."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "picky.py").write_text(
        "import os, sys\n"
        "import numpy as np\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "class Picky(LogisticRegression):\n"
        "    def fit(self, X, y):\n"
        "        print('noise of Python')\n"
        "        os.write(1, b'noise of compiled code\\n')\n"
        "        os.write(2, b'noise of errors\\n')\n"
        "        if np.asarray(y).dtype.kind != 'i' or set(y) != set(range(max(y) + 1)):\n"
        "            raise RuntimeError(f'classes {sorted(set(y))}')\n"
        "        return super().fit(X, y)\n"
        "class Broken(LogisticRegression):\n"
        "    def fit(self, X, y):\n"
        "        raise RuntimeError('broken')\n"
        "class BrokenInActors(LogisticRegression):\n"
        "    def fit(self, X, y):\n"
        "        if '-c' in sys.argv[:1]:\n"
        "            raise RuntimeError('broken there')\n"
        "        return super().fit(X, y)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    return "picky.Picky"


SCORERS = ["f1", "precision", "recall", "jaccard", "average_precision", "neg_brier_score", "roc_auc"]


@pytest.mark.parametrize("labels", [("no", "yes"), ("0", "1"), ("1", "0"), ("1.0", "2.0"), ("-1", "01")])
def test_scorers_of_a_positive_class_look_at_the_smaller_one(tmp_path, labels, monkeypatch):
    table = mixed()
    minority = (table["class"] != "ok").to_numpy()
    path, out = tmp_path / "labels.csv", tmp_path / "out.csv"
    table.assign(**{"class": np.where(minority, labels[1], labels[0])}).to_csv(path, index=False)
    base = [
        "resample",
        path,
        "--target",
        "class",
        "--ignore",
        "id",
        "--strategy",
        "paper",  # It scores on the rows held out, and on no others.
        "--iterations",
        2,
        "--out",
        out,
        "--json",
    ]
    base += ["--estimator", "sklearn.linear_model.LogisticRegression"]
    features = CsvTable(path, "class", ["id"]).features
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max)
    named = read(path)["class"]
    train, held = train_test_split(np.arange(160), test_size=0.25, stratify=named, random_state=seed)
    model = with_encoding(LogisticRegression(random_state=0))
    for scoring in SCORERS:
        result = run(*base, "--scoring", scoring)
        assert result.exit_code == 0, result.output
        report = json.loads(result.stdout)
        assert report["scoring"] == scoring
        assert set(report["rows"]) == set(labels)
        model.fit(features.iloc[train], minority[train])
        expected = get_scorer(scoring)(model, features.iloc[held], minority[held])
        assert report["validation_scores"]["no_resampling"] == pytest.approx(expected)
        written = read(out)
        assert_frame_equal(written[:160], read(path))
        assert set(written["class"][160:]) <= {labels[1]}


def test_another_class_can_be_the_positive_one(two_classes, data, tmp_path):
    base = ["resample", two_classes, "--target", "class", "--iterations", 5, "--out", tmp_path / "out.csv"]
    base += ["--estimator", "tree", "--scoring", "recall", "--json"]
    recalls = [
        json.loads(run(*base, *more).stdout)["validation_scores"]["no_resampling"]
        for more in ([], ["--positive", "yes"], ["--positive", "no"])
    ]
    assert recalls[0] == recalls[1] != recalls[2]
    assert "'maybe' is no class; known: 'no', 'yes'" in refused(*base, "--positive", "maybe")
    base[1] = data
    assert "one of two, and there are 3: 'ok', 'late', '01'" in refused(*base, "--positive", "01")


@pytest.mark.parametrize("file", ["data", "two_classes"])
@pytest.mark.parametrize("quiet", [False, True])
def test_a_classifier_gets_codes_and_what_it_prints_is_kept_apart(
    file, quiet, request, tmp_path, picky, capfd
):
    path = request.getfixturevalue(file)
    arguments = ["resample", path, "--target", "class", "--estimator", picky, "--iterations", 5, "--json"]
    result = run(*arguments, "--out", tmp_path / "out.csv", *(["--quiet"] if quiet else []))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["iterations"] == 5
    printed = capfd.readouterr()
    assert printed.out == ""
    assert ("noise of compiled code" in printed.err) == ("noise of errors" in printed.err) == (not quiet)
    assert ("noise of Python" in result.stderr) == (not quiet)
    assert set(read(tmp_path / "out.csv")["class"]) == set(read(path)["class"])


def test_processes_of_a_search_are_kept_apart_too(two_classes, tmp_path, picky, capfd, monkeypatch):
    monkeypatch.setattr("autosmote.estimator.autosmote._START_SECONDS", 0)
    arguments = ["resample", two_classes, "--target", "class", "--iterations", 5, "--jobs", 2, "--quiet"]
    result = run(*arguments, "--estimator", picky, "--out", tmp_path / "out.csv", "--json")
    assert json.loads(result.stdout)["iterations"] == 5
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("command", ["resample", "compare"])
def test_packages_that_log_or_warn_are_quiet_where_asked(two_classes, tmp_path, capfd, command):
    pytest.importorskip("smote_variants")
    arguments = [command, two_classes, "--target", "class", "--out", tmp_path / "out", "--iterations", 5]
    if command == "compare":
        arguments += ["--splits", 1, "--sampler", "smote_variants.SMOTE", "--sampler", "smote_variants.SOMO"]
    result = run(*arguments, "--quiet", "--json")
    assert result.exit_code == 0, result.output
    assert not result.stderr
    json.loads(result.stdout)
    assert capfd.readouterr() == ("", "")


def test_missing_numbers_become_medians_and_missing_words_a_value(data):
    table = CsvTable(data, "class", ["id"])
    given = read(data)
    assert table.features.dtypes.astype(str).to_dict() == {
        "income": "float64", "children": "int64", "colour": "category", "member": "category",
    }  # fmt: skip
    present = given["children"].str.fullmatch(r"\d+")
    numbers = given["children"][present].astype(int)
    assert (table.features["children"][present] == numbers).all()
    assert (table.features["children"][~present] == round(numbers.median())).all()
    assert list(table.features["colour"]) == list(given["colour"])
    assert set(table.labels) == {"ok", "late", "01"}


def test_whole_numbers_of_the_file_stay_whole_and_exact(tmp_path):
    rng = np.random.default_rng(0)
    table = mixed()
    table["card"] = rng.integers(10**18, 9 * 10**18, len(table)).astype(str)
    table["gaps"] = table["card"].where(rng.random(len(table)) < 0.8, "")
    table["count"] = [f"{n}.0" if n else "" for n in rng.integers(0, 90, len(table))]
    table["beyond"] = [f"{n}000" for n in table["card"]]
    table["zip"] = [f"{n:05d}" for n in rng.integers(0, 99999, len(table))]
    path, out = tmp_path / "data.csv", tmp_path / "out.csv"
    table.to_csv(path, index=False)
    result = run("resample", path, "--target", "class", "--ignore", "id", "--iterations", 40, "--out", out)
    assert result.exit_code == 0, result.output
    written = read(out)
    assert_frame_equal(written[:160], table, check_dtype=False)
    added = written[160:]
    assert len(added)
    for name in ("card", "gaps", "count"):
        present = table[name][table[name] != ""]
        given = [int(value.removesuffix(".0")) for value in present]
        assert added[name].str.fullmatch(r"\d+").all()
        assert added[name].map(int).between(min(given), max(given)).all()
        assert name == "count" or not set(added[name]) <= set(present)
    for name in ("beyond", "zip"):
        assert set(added[name]) <= set(table[name])


def test_the_median_of_whole_numbers_with_gaps_is_exact(tmp_path):
    ids = [10**18 + 2 * i + 1 for i in range(20)]
    path = tmp_path / "ids.csv"
    lines = [f"{number},a" for number in ids] + [",b"] * 5
    path.write_text("x,y\n" + "\n".join(lines) + "\n")
    features = CsvTable(path, "y").features
    assert features["x"].dtype == "int64"
    assert features["x"].tolist() == [*ids, *[10**18 + 20] * 5]


def test_numbers_have_the_digits_of_the_file(tmp_path):
    path = tmp_path / "data.csv"
    pd.DataFrame({"x": ["123456789.012345"] * 30, "y": ["a"] * 20 + ["b"] * 10}).to_csv(path, index=False)
    table = CsvTable(path, "y")
    assert table.with_rows(table.features[:1], ["a"])["x"].iloc[-1] == "123456789.012345"


@pytest.mark.parametrize("command", ["resample", "compare"])
def test_a_class_may_be_called_none(two_classes, tmp_path, command):
    path = tmp_path / "none.csv"
    path.write_text(two_classes.read_text().replace(",yes\n", ",None\n"))
    more = ["--iterations", 5, "--out", tmp_path / "out", "--json"]
    more += ["--splits", 1, "--sampler", "SMOTE"] if command == "compare" else []
    result = run(command, path, "--target", "class", *more)
    assert result.exit_code == 0, result.output
    assert command == "compare" or json.loads(result.stdout)["rows"] == {"None": 50, "no": 110}


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(n, line="1.5,a"):
    return "".join(f"{line}\n" for _ in range(n))


BAD_FILES = {
    "empty": ("", "is empty; it needs a header and rows"),
    "header only": ("x,y\n", "has no rows below its header"),
    "binary": (bytes(range(256)) * 8, "is not comma-separated UTF-8 text"),
    "missing target": ("x,z\n" + rows(30), "no target column 'y'; set --target to one of: 'x', 'z'"),
    "semicolons": ("x;y\n" + rows(30, "1.5;a"), "separated by semicolons; put commas between"),
    "one class": ("x,y\n" + rows(30), "has one class, 'a'; two are needed|at least two classes"),
    "no value": ("x,w,y\n" + rows(20, "1,,a") + rows(10, "2,,b"), "column 'w' has no value at all"),
    "ten rows": ("x,y\n" + rows(6) + rows(4, "2,b"), "has 10 rows; at least 20 are needed"),
    "equal names": ("x,x,y\n" + rows(30, "1,2,a"), "column name 'x' occurs more than once"),
    "no feature": ("y\n" + rows(20, "a") + rows(10, "b"), "no column besides the target"),
    "no label": ("x,y\n" + rows(25) + rows(5, "2,"), "target column 'y' is missing in 5 rows"),
    "long rows": ("x,y\n" + rows(15) + rows(15, "2,b,c"), "is not comma-separated UTF-8 text"),
    "rare class": ("x,y\n" + rows(30) + rows(1, "2,b"), "class b has 1 rows|need 2, 1 and 1 or more"),
    "equal sizes": (
        "x,y\n" + rows(20) + rows(20, "2,b"),
        "same size|cannot tell the minority class; set --minority",
    ),
    "spaces in names": ("x, y\n" + rows(30), "no target column 'y'; set --target to one of: 'x', ' y'"),
    "huge value": ("x,y\n" + rows(20) + rows(9, "2,b") + "1e155,b\n", "column 'x' has values beyond 1e.150"),
    "largest value": (
        "x,y\n" + rows(20) + rows(9, ",b") + "-1.7976931348623157e308,b\n",
        "column 'x' has values",
    ),
    "a number": (
        "x,y\n" + "".join(f"1,{n / 7}\n" for n in range(30)) + "2,0.0\n",
        "has 30 values in 31 rows",
    ),
    "NUL byte": ("x,w,y\n" + rows(20, "1,c,a") + rows(9, "2,d\0e,b"), "line 22 has a NUL byte"),
}


@pytest.mark.parametrize("command", ["resample", "compare"])
@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_cannot_be_used_cost_one_line(tmp_path, command, name):
    content, message = BAD_FILES[name]
    path = write(tmp_path / "bad.csv", content)
    line = refused(command, path, "--target", "y", "--out", tmp_path / "out")
    assert pd.Series([line]).str.contains(message).all(), line
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("command", ["resample", "compare"])
def test_a_file_that_is_not_there(tmp_path, command):
    line = refused(command, tmp_path / "none.csv", "--target", "y", "--out", tmp_path / "out")
    assert f"there is no file {tmp_path / 'none.csv'}" in line


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--scoring", "f1_makro"], "unknown scoring 'f1_makro'; did you mean 'f1_macro'"),
        (["--scoring", "F1"], "unknown scoring 'F1'; did you mean 'f1'?"),
        (["--scoring", "roc_auc"], "--scoring roc_auc is for two classes, and there are 3; take roc_auc_ovr"),
        (["--scoring", "f1"], "--scoring f1 is for two classes, and there are 3; take f1_macro"),
        (["--scoring", "neg_log_loss", "--estimator", "svm"], "--scoring neg_log_loss cannot be used here"),
        (["--estimator", "picky.Broken"], "--estimator picky.Broken cannot be fitted: broken"),
        (
            ["--estimator", "picky.BrokenInActors", "--jobs", "2"],
            "--estimator picky.BrokenInActors cannot be fitted: broken there",
        ),
        (["--estimator", "sklearn.linear_model.LinearRegression"], "LinearRegression is no classifier"),
        (["--estimator", "sklearn.cluster.KMeans"], "sklearn.cluster.KMeans is no classifier"),
        (["--estimator", "sys.exit"], "--estimator sys.exit cannot be made"),
        (["--estimator", "..tree"], "--estimator ..tree cannot be made"),
        (["--estimator", "knm"], "unknown estimator 'knm'; did you mean 'knn'"),
        (["--estimator", "sklearn.tree.DecisionBush"], "sklearn.tree.DecisionBush cannot be made"),
        (
            ["--estimator", "sklearn.linear_model.LogisticRegresion"],
            "has no 'LogisticRegresion'; did you mean 'sklearn.linear_model.LogisticRegression'?",
        ),
        (["--estimator", "pathlib.Path"], "pathlib.Path is no classifier"),
        (["--validation", "most"], "--validation most: expected a share"),
        (["--validation", "1.5"], "--validation 1.5: expected a share between 0 and 1, or two folds or more"),
        (["--validation", "1"], "--validation 1: expected a share between 0 and 1, or two folds or more"),
        (["--iterations", "0"], "'--iterations': 0 is not in the range"),
        (["--iterations", "few"], "'few' is not a valid integer"),
        (["--ignore", "idd"], "no column 'idd' besides the target to ignore"),
        (["--nonsense"], "No such option"),
    ],
)
def test_arguments_that_cannot_be_used_cost_one_line(data, tmp_path, picky, monkeypatch, arguments, message):
    monkeypatch.setattr("autosmote.estimator.autosmote._START_SECONDS", 0)
    out = tmp_path / "out.csv"
    assert message in refused("resample", data, "--target", "class", "--out", out, *arguments)
    assert not out.exists()


@pytest.mark.parametrize("command", ["resample", "compare"])
def test_a_classifier_whose_package_is_missing_costs_one_line(data, tmp_path, monkeypatch, command):
    monkeypatch.setattr("autosmote.evaluation.classifiers.find_spec", lambda package: None)
    arguments = [command, data, "--target", "class", "--out", tmp_path / "out.csv"]
    line = refused(*arguments, "--estimator", "xgboost")
    assert line == "classifier 'xgboost' needs xgboost, which is not installed: pip install 'xgboost'"


def test_the_file_that_is_read_is_not_written(data):
    before = data.read_bytes()
    assert "--out is the file to read" in refused("resample", data, "--target", "class", "--out", data)
    assert data.read_bytes() == before


@pytest.mark.parametrize("name", ["data.csv", "data.png", "data.pdf"])
def test_a_comparison_is_not_written_over_the_file_that_is_read(data, tmp_path, name):
    read = data.rename(tmp_path / name)
    before = read.read_bytes()
    line = refused("compare", read, "--target", "class", "--sampler", "SMOTE", "--out", tmp_path / "data")
    assert "--out is the file to read" in line
    assert read.read_bytes() == before


def test_other_names_of_the_file_that_is_read_are_not_written(data, tmp_path):
    before = data.read_bytes()
    (tmp_path / "link.csv").symlink_to(data)
    (tmp_path / "hard.csv").hardlink_to(data)
    for name in ("link.csv", "hard.csv", f"../{tmp_path.name}/data.csv"):
        line = refused("resample", data, "--target", "class", "--out", tmp_path / name)
        assert "--out is the file to read" in line
    assert data.read_bytes() == before


def test_rows_are_written_through_a_link_and_into_a_pipe(data, tmp_path):
    arguments = ["resample", data, "--target", "class", "--iterations", 5, "--out"]
    (tmp_path / "link.csv").symlink_to("real.csv")
    os.mkfifo(tmp_path / "pipe")
    assert "nobody reads this pipe" in refused(*arguments, tmp_path / "pipe")
    received = []
    reader = os.fdopen(os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK), "rb")
    for name in ("plain.csv", "link.csv", "pipe"):
        result = run(*arguments, tmp_path / name)
        assert result.exit_code == 0, result.output
    with reader:  # The rows fit into a pipe, so they wait there.
        received.append(reader.read())
    assert (tmp_path / "link.csv").is_symlink()
    plain = (tmp_path / "plain.csv").read_bytes()
    assert (tmp_path / "real.csv").read_bytes() == plain == received[0]


@pytest.mark.parametrize("command", ["resample", "compare"])
def test_what_cannot_be_written_is_refused_before_the_work(two_classes, tmp_path, monkeypatch, command):
    monkeypatch.setattr("autosmote.datasets.sources._parse_csv", lambda *_, **__: pytest.fail("it was read"))
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    for name in ("folder", "loop"):
        out = tmp_path / (f"{name}.csv" if command == "resample" else name)
        line = refused(command, two_classes, "--target", "class", "--out", out)
        assert str(tmp_path / f"{name}.csv") in line
    line = refused(command, two_classes, "--target", "class", "--out", tmp_path / "none" / "out.csv")
    assert line == f"there is no folder {tmp_path / 'none'}: create it or correct --out"
    assert not (tmp_path / "none").exists()


def test_paths_may_begin_at_home(data, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    result = run("resample", "~/data.csv", "--target", "class", "--iterations", 6, "--out=~/found.csv")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "found.csv").is_file()


def test_a_comparison_needs_a_name(two_classes):
    line = refused("compare", two_classes, "--target", "class", "--out", ".")
    assert line == "--out . is a folder; name the files, such as comparison"


def test_the_report_and_the_rows_do_not_mix(data, tmp_path):
    out = tmp_path / "out.csv"
    command = [sys.executable, "-m", "autosmote", "resample", data, "--target", "class", "--out"]
    (tmp_path / "stdout").symlink_to("/proc/self/fd/1")
    for name in (out, tmp_path / "stdout"):
        with out.open("wb") as file:
            done = subprocess.run([*command, name], stdout=file, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "--out is the standard output" in line
        assert out.read_bytes() == b""


def test_options_that_are_needed_are_named(data):
    assert "Missing option '--out'" in refused("resample", data, "--target", "class")
    assert "Missing option '--target'" in refused("compare", data)
    assert "No such command 'resampel'" in refused("resampel")


def test_compare_ranks_and_concludes(two_classes, tmp_path):
    out = tmp_path / "comparison"
    arguments = ["compare", two_classes, "--target", "class", "--splits", 3, "--iterations", 20, "--out", out]
    arguments += ["--sampler", "SMOTE", "--sampler", "autosmote", "--estimator", "knn", "--ignore", "id"]
    arguments += ["--scoring", "recall"]
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert {line.split()[1] for line in lines[1:4]} == {"NoResampling", "SMOTE", "AutoSMOTE"}
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    assert "AutoSMOTE (the paper's search)  " in "\n".join(lines[1:4])
    assert "no resampling" in lines[5]
    scores = pd.read_csv(f"{out}.csv")
    assert len(scores) == 9
    assert all(out.with_name(f"comparison.{kind}").stat().st_size for kind in ("png", "pdf"))

    (report,) = json.loads(run(*arguments, "--json").stdout)["comparisons"]
    assert (report["estimator"], report["scoring"]) == ("knn", "recall")
    means = scores.groupby("sampler")["test_score"].mean()
    assert [row["sampler"] for row in report["ranking"]] == list(means.sort_values(ascending=False).index)
    for row in report["ranking"]:
        assert row["test_score"] == pytest.approx(means[row["sampler"]])
    assert report["verdict"] == lines[5]


@pytest.mark.parametrize("quiet", [False, True])
def test_compare_says_without_a_terminal_which_splits_are_done(two_classes, tmp_path, quiet):
    result = run(
        "compare", two_classes, "--target", "class", "--ignore", "id", "--splits", 3, "--out", tmp_path / "c",
        "--sampler", "RandomOverSampler", "--estimator", "knn", "--estimator", "tree",
        *(["--quiet"] if quiet else []),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    lines = [line.rpartition(", about ")[0] for line in result.stderr.splitlines()]
    assert lines == ([] if quiet else [f"autosmote: split {i} of 3 done" for i in (1, 2)])


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_compare_ended_early_keeps_the_splits_that_are_done(two_classes, tmp_path, monkeypatch, more):
    out = tmp_path / "c"
    base = ["compare", two_classes, "--target", "class", "--ignore", "id", "--out", out, "--sampler"]
    base += ["RandomOverSampler", "--estimator", "knn", *more]
    whole = run(*base, "--splits", 2)
    expected = pd.read_csv(f"{out}.csv").drop(columns="seconds")
    fit, calls = comparison._Run.fit, []

    def ended(self, name):
        calls.append(name)
        if len(calls) == ended.at:
            raise KeyboardInterrupt
        return fit(self, name)

    monkeypatch.setattr(comparison._Run, "fit", ended)
    ended.at = 6  # The second of the two methods, on the third split.
    result = run(*base, "--splits", 4)
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == "autosmote: ended after 2 of 4 splits; the result is of these"
    assert_frame_equal(pd.read_csv(f"{out}.csv").drop(columns="seconds"), expected)
    if more:
        ranking = json.loads(result.stdout)["comparisons"][0]["ranking"]
        assert {row["splits"] for row in ranking} == {2}
    else:
        assert len(result.stdout.splitlines()) == len(whole.stdout.splitlines())

    calls.clear()
    ended.at = 2  # Within the first split: nothing is done, and what was written before stays.
    result = run(*base, "--splits", 4)
    assert (result.exit_code, result.stdout) == (130, "")
    assert "autosmote: interrupted" in result.stderr
    assert_frame_equal(pd.read_csv(f"{out}.csv").drop(columns="seconds"), expected)


def test_compare_refuses_a_search_that_is_too_short(two_classes, tmp_path):
    line = refused("compare", two_classes, "--target", "class", "--iterations", 4, "--out", tmp_path / "c")
    assert "iterations=4 is too short for policy_search" in line and "at least 5" in line
    assert {"autosmote", "policy_search"} < set(DEFAULT_METHODS)


def test_compare_takes_several_classes_classifiers_and_scores(data, tmp_path):
    out = tmp_path / "c"
    result = run(
        "compare", data, "--target", "class", "--ignore", "id", "--splits", 1, "--out", out,
        "--iterations", 6,
        "--estimator", "knn", "--estimator", "sklearn.naive_bayes.GaussianNB",
        "--scoring", "balanced_accuracy", "--scoring", "roc_auc_ovr", "--sampler", "SMOTE",
        "--sampler", "policy_search", "--sampler", "ClassWeight", "--sampler", "DecisionThreshold", "--json",
        "--sampler", "RandomUnderSampler",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    comparisons = json.loads(result.stdout)["comparisons"]
    assert [(one["estimator"].rpartition(".")[2], one["scoring"]) for one in comparisons] == [
        (estimator, scoring)
        for estimator in ("knn", "GaussianNB")
        for scoring in ("balanced_accuracy", "roc_auc_ovr")
    ]
    for one in comparisons:
        rows = {row["sampler"]: row for row in one["ranking"]}
        scored = {"NoResampling", "SMOTE", "Policy search"}
        assert {name for name, row in rows.items() if row["splits"] == 1} == scored | (
            set() if one["estimator"] == "knn" else {"ClassWeight"}
        )
        assert "a threshold decides between two classes" in rows["DecisionThreshold"]["message"]
        assert "takes two classes" in rows["RandomUnderSampler"]["message"]
    assert len(pd.read_csv(f"{out}.csv")) == 4 * 6


def test_compare_looks_at_the_positive_class_and_at_nominal_codes(two_classes, tmp_path, monkeypatch):
    seen = []
    fit = KNeighborsClassifier.fit
    monkeypatch.setattr(
        KNeighborsClassifier, "fit", lambda self, X, y: seen.append(X.shape[1]) or fit(self, X, y)
    )
    base = [
        "compare",
        two_classes,
        "--target",
        "class",
        "--estimator",
        "knn",
        "--scoring",
        "recall",
        "--json",
    ]
    base += ["--splits", 1, "--sampler", "NoResampling", "--out", tmp_path / "c"]
    scores = []
    for more in ([], ["--positive", "no"], ["--ignore", "id,income"], ["--nominal", "children,income"]):
        seen.clear()
        report = json.loads(run(*base, *more).stdout)["comparisons"][0]["ranking"]
        scores.append({row["sampler"]: row["test_score"] for row in report}["NoResampling"])
        widths = set(seen)
        if more[:1] == ["--ignore"]:
            assert max(widths) < 30  # Without the identifiers, whose every value is a column.
        if more[:1] == ["--nominal"]:
            assert min(widths) > 100
    assert scores[0] < scores[1]
    line = refused(*base[:-2], "--out", tmp_path / "c", "--nominal", "ages")
    assert line == "there is no column 'ages' besides the target to be nominal"


def test_no_split_parts_a_group(tmp_path):
    table = mixed(200).assign(patient=np.arange(200) // 4)
    path = tmp_path / "data.csv"
    table.to_csv(path, index=False)
    csv = CsvTable(path, "class", ["id"], groups="patient")
    assert "patient" not in csv.features
    for seed in range(3):
        train, test = comparison._split(csv, seed)
        assert sorted([*train, *test]) == list(range(200)) and 20 < len(test) < 60
        assert not set(csv.groups[train]) & set(csv.groups[test])
        groups = csv.groups.iloc[train]
        folds = comparison.folds(csv.labels.iloc[train], groups, seed)
        assert len(folds) == 4
        for inner, score in folds:
            assert not set(groups.iloc[inner]) & set(groups.iloc[score])


@pytest.mark.parametrize("command", ["resample", "compare"])
def test_groups_are_kept_together_in_what_autosmote_scores_on(tmp_path, command, monkeypatch):
    table = mixed(200).assign(patient=np.arange(200) // 4)
    path = tmp_path / "data.csv"
    table.to_csv(path, index=False)
    searched = []
    original = autosmote.AutoSMOTE.fit_resample

    def fit_resample(self, X, y):
        searched.append((len(X), self.validation))
        return original(self, X, y)

    monkeypatch.setattr(autosmote.AutoSMOTE, "fit_resample", fit_resample)
    more = ["--splits", 1, "--sampler", "policy_search"] if command == "compare" else []
    result = run(
        command, path, "--target", "class", "--ignore", "id", "--groups", "patient", "--iterations", 8,
        "--estimator", "knn", "--out", tmp_path / "out.csv", *more,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    ((n_rows, validation),) = searched
    patients = table["patient"].to_numpy()
    if command == "compare":
        train, _ = comparison._split(CsvTable(path, "class", ["id"], groups="patient"), 0)
        patients = patients[train]
    assert n_rows == len(patients)
    splits = list(validation.split(np.empty(n_rows)))
    assert len(splits) == 4
    for train, score in splits:
        assert not set(patients[train]) & set(patients[score])
    if command == "resample":
        assert (read(tmp_path / "out.csv")["patient"][200:] == "").all()


def test_groups_that_cannot_be_kept_together_cost_one_line(tmp_path):
    table = mixed(160).assign(ward=np.arange(160) // 54, gap=["", *"a" * 159])
    path = tmp_path / "data.csv"
    table.to_csv(path, index=False)
    base = ["compare", path, "--target", "class", "--sampler", "SMOTE", "--out", tmp_path / "c", "--groups"]
    assert refused(*base, "ward") == "there are 3 groups; at least 5 are needed for 5 folds"
    assert refused(*base, "gap") == "column 'gap' says of 1 rows no group"
    assert refused(*base, "wards") == "there is no column 'wards' besides the target to group by"


def test_a_later_split_that_groups_do_not_allow_is_refused_before_the_first(tmp_path):
    rng = np.random.default_rng(1)
    patient = np.repeat(np.arange(25), rng.integers(2, 9, 25))
    label = np.where((patient < 4) & (rng.random(len(patient)) < 0.5), "b", "a")
    table = pd.DataFrame({"x": rng.normal(size=len(patient)), "patient": patient, "class": label})
    path = tmp_path / "data.csv"
    table.to_csv(path, index=False)
    csv, allowed = CsvTable(path, "class", groups="patient"), []
    for seed in range(20):
        try:
            comparison._split(csv, seed)
            allowed.append(seed)
        except comparison.SplitError:
            pass
    first = next(seed for seed in allowed if seed + 1 not in allowed)
    base = [
        "compare",
        path,
        "--target",
        "class",
        "--groups",
        "patient",
        "--sampler",
        "SMOTE",
        "--seed",
        first,
    ]
    base += ["--out", tmp_path / "c", "--splits"]
    line = refused(*base, 2)
    assert line.startswith(f"class b is in too few groups: the split of seed {first + 1} leaves none")
    assert run(*base, 1).exit_code == 0


@pytest.mark.parametrize("command", ["resample", "compare"])
def test_warns_of_words_that_only_name_rows(two_classes, tmp_path, command):
    more = ["--splits", 1, "--sampler", "NoResampling"] if command == "compare" else ["--iterations", 5]
    arguments = [command, two_classes, "--target", "class", "--out", tmp_path / "out", *more]
    (line,) = run(*arguments).stderr.splitlines()
    assert line.startswith("autosmote: column 'id' has another value in nearly every row.")
    assert not run(*arguments, "--ignore", "id").stderr
    assert not run(*arguments, "--quiet").stderr


def test_the_warning_of_row_names_comes_when_the_search_begins(two_classes, tmp_path, monkeypatch):
    def fails(*arguments, **keys):
        raise ValueError("the end of the work")

    base = ["resample", two_classes, "--target", "class", "--out", tmp_path / "out", "--iterations", 9]
    monkeypatch.setattr(PolicyProblem, "draw_on_all_rows", fails)
    first, last = run(*base, "--seed", 1).stderr.splitlines()
    assert first.startswith("autosmote: column 'id' has another value in nearly every row.")
    assert last == "autosmote: the end of the work"


@pytest.mark.parametrize("command", ["resample", "compare"])
def test_out_of_memory_names_what_takes_it(two_classes, tmp_path, command, monkeypatch):
    def fails(*arguments, **keys):
        raise MemoryError("Unable to allocate 488. MiB")

    monkeypatch.setattr(autosmote.AutoSMOTE, "fit_resample", fails)
    monkeypatch.setattr(comparison, "compare", fails)
    line = refused(command, two_classes, "--target", "class", "--out", tmp_path / "out")
    assert line.startswith("Unable to allocate 488. MiB; column 'id' has another value in nearly every row.")


def test_columns_left_out_may_hold_anything(tmp_path):
    path, out = tmp_path / "data.csv", tmp_path / "out.csv"
    table = mixed().assign(empty="", huge="1e200", infinite="inf", land="NA")
    table["self"] = "1e200"
    table.loc[::2, "self"] = "inf"
    table.loc[::3, "land"] = "None"
    table.to_csv(path, index=False)
    base = ["resample", path, "--target", "class", "--out", out, "--iterations", 9]
    assert "column 'empty' has no value at all" in refused(*base)
    options = ["--ignore", "id,empty,huge,infinite", "--nominal", "self", "--groups", "land"]
    result = run(*base, *options, "--validation", 2)
    assert result.exit_code == 0, result.output
    assert_frame_equal(read(out)[: len(table)], read(path))
    table.loc[3, "land"] = ""
    table.to_csv(path, index=False)
    assert refused(*base, *options, "--validation", 2) == "column 'land' says of 1 rows no group"


def test_fields_with_line_ends_are_written_as_they_were_read(tmp_path):
    path, out = tmp_path / "data.csv", tmp_path / "out.csv"
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"a\rb": rng.normal(size=60).round(3).astype(str), "word": ["x\ry", "z\nw", "v"] * 20}
    )
    table["class"] = ["n"] * 45 + ["p"] * 15
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerows([list(table), *table.to_numpy().tolist()])
    result = run("resample", path, "--target", "class", "--out", out, "--iterations", 9)
    assert result.exit_code == 0, result.output
    assert_frame_equal(read(out)[: len(table)], table)


@pytest.mark.parametrize("ending", [".csv.gz", ".zip", ".csv.zip", ".xz", ".tar", ".tar.gz"])
def test_compressed_files_are_read_and_written(data, tmp_path, ending):
    packed, out = tmp_path / f"packed{ending}", tmp_path / f"out{ending}"
    read(data).to_csv(packed, index=False)
    result = run("resample", packed, "--target", "class", "--out", out, "--iterations", 9, "--ignore", "id")
    assert result.exit_code == 0, result.output
    assert_frame_equal(read(out)[: len(mixed())], read(data))
    if ending.endswith("zip"):
        assert zipfile.ZipFile(out).namelist() == ["out.csv"]
    if ".tar" in ending:
        assert tarfile.open(out).getnames() == ["out.csv"]


def test_a_link_to_a_compressed_file_is_compressed(data, tmp_path):
    (tmp_path / "link").symlink_to("store.csv.gz")
    arguments = ["--target", "class", "--iterations", 9, "--ignore", "id", "--out", tmp_path / "link"]
    assert run("resample", data, *arguments).exit_code == 0
    assert_frame_equal(read(tmp_path / "store.csv.gz")[: len(mixed())], read(data))


@pytest.mark.parametrize("ending", [".gz", ".zip", ".xz", ".bz2", ".tar", ".zst"])
def test_damaged_compressed_files_are_refused(tmp_path, ending):
    path = tmp_path / f"bad{ending}"
    path.write_text("hello\n")
    line = refused("resample", path, "--target", "class", "--out", tmp_path / "out.csv")
    assert line.startswith((f"{path} is not comma-separated UTF-8 text (", f"{path} cannot be read: "))
    with tarfile.open(tmp_path / "folder.tar", "w") as tar:
        tar.add(tmp_path, "folder", recursive=False)
    line = refused("resample", tmp_path / "folder.tar", "--target", "class", "--out", tmp_path / "out.csv")
    assert "folder.tar is not comma-separated UTF-8 text" in line


def test_what_cannot_be_compressed_is_refused_before_the_work(data, tmp_path, monkeypatch):
    monkeypatch.setattr("autosmote.cli.commands.find_spec", lambda name: None)
    out = tmp_path / "out.ZST"
    line = refused("resample", data, "--target", "class", "--out", out)
    assert line == f"--out {out}: .zst needs the package zstandard; install it, or end the name in .gz"
    (tmp_path / "link").symlink_to("out.zst")
    line = refused("resample", data, "--target", "class", "--out", tmp_path / "link")
    assert ".zst needs the package zstandard" in line


BAYES = "sklearn.naive_bayes.GaussianNB"


def test_compare_says_when_a_threshold_cannot_act(two_classes, tmp_path):
    base = ["compare", two_classes, "--target", "class", "--ignore", "id", "--splits", 1, "--json"]
    base += ["--sampler", "DecisionThreshold", "--out", tmp_path / "c"]

    def message(*more):
        (one,) = json.loads(run(*base, *more).stdout)["comparisons"]
        (row,) = [row for row in one["ranking"] if row["sampler"] == "DecisionThreshold"]
        return row["message"]

    assert message("--estimator", "tree").startswith(
        "no threshold can act: of rows that it was not trained on"
    )
    assert message("--estimator", BAYES) == message("--estimator", "svm") == ""
    assert "looks at probabilities, which a threshold does not change" in message(
        "--estimator", BAYES, "--scoring", "average_precision"
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--estimator", "knm"], "unknown estimator 'knm'; did you mean 'knn'"),
        (["--estimator", "tree", "--estimator", "pathlib.Path"], "pathlib.Path is no classifier"),
        (["--scoring", "f1_makro"], "unknown scoring 'f1_makro'; did you mean 'f1_macro'"),
        (["--scoring", "neg_log_loss", "--estimator", "svm"], "--scoring neg_log_loss cannot be used here"),
        (["--positive", "maybe"], "'maybe' is no class; known: 'no', 'yes'"),
        (["--ignore", "id,idd"], "no column 'idd' besides the target to ignore"),
    ],
)
def test_compare_takes_the_names_that_resample_takes(two_classes, tmp_path, arguments, message):
    base = ["compare", two_classes, "--target", "class", "--sampler", "SMOTE", "--out", tmp_path / "c"]
    assert message in refused(*base, *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["two.csv"]


def test_compare_does_without_pytorch(two_classes, tmp_path, monkeypatch):
    monkeypatch.setattr("autosmote.cli.comparison.find_spec", lambda name: None)
    monkeypatch.setattr("autosmote.utils.errors.find_spec", lambda name: None)
    assert set(DEFAULT_METHODS) - set(comparison.default_methods()) == {"autosmote"}
    base = ["compare", two_classes, "--target", "class", "--out", tmp_path / "c"]
    assert refused(*base, "--sampler", "autosmote").endswith("not installed: pip install 'autosmote[rl]'")


def test_what_compare_scores_is_what_resample_writes(two_classes, tmp_path):
    """The rows that AutoSMOTE adds in a comparison are those that `resample` adds to the training rows."""
    base = ["--target", "class", "--estimator", "knn", "--scoring", "recall", "--iterations", 30]
    base += ["--ignore", "id"]
    run("compare", two_classes, *base, "--splits", 1, "--sampler", "policy_search", "--out", tmp_path / "c")
    scores = pd.read_csv(tmp_path / "c.csv").set_index("sampler")["test_score"]
    table = CsvTable(two_classes, "class", ["id"])
    train, test = comparison._split(table, 0)
    case = Case(Codes(table.labels), "knn", "recall")
    sampler = case.sampler(0, n_iterations=30)
    X, y = sampler.fit_resample(table.features.iloc[train].reset_index(drop=True), table.labels.iloc[train])
    assert sampler.n_synthetic_ > 0
    model = with_encoding(KNeighborsClassifier()).fit(X, y)
    predicted = model.predict(table.features.iloc[test])
    expected = recall_score(table.labels.iloc[test], predicted, pos_label="yes")
    assert scores["Policy search"] == pytest.approx(expected)


def test_compare_names_an_unknown_method(two_classes, tmp_path):
    line = refused("compare", two_classes, "--target", "class", "--sampler", "SMOT", "--out", tmp_path / "c")
    assert line.startswith("unknown method 'SMOT'; did you mean 'SMOTE'?")
    line = refused("compare", two_classes, "--target", "class", "--sampler", "smote", "--out", tmp_path / "c")
    assert line.startswith("unknown method 'smote'; did you mean 'SMOTE'?")


def test_compare_says_beforehand_that_matplotlib_is_missing(two_classes, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    line = refused("compare", two_classes, "--target", "class", "--out", tmp_path / "c")
    assert line == "the figure needs matplotlib; install it with: pip install matplotlib"


def test_samplers_lists_every_method():
    listed = json.loads(run("samplers", "--json").stdout)
    assert [method["name"] for method in listed] == [*strategies.names(), *registry.names()]
    by_name = {method["name"]: method for method in listed}
    assert by_name["SMOTE"]["takes_ratio"] and not by_name["TomekLinks"]["takes_ratio"]
    assert by_name["CTGAN"]["installed"] and all(method["reference"] for method in listed)
    lines = run("samplers").stdout.splitlines()
    assert [line.split()[0] for line in lines[1 : 1 + len(listed)]] == [method["name"] for method in listed]
    assert lines[0].split() == ["Name", "Category", "Compare", "Ratio", "Source", "Installed", "Reference"]
    assert {method["name"] for method in listed if method["compare"]} == set(comparison.method_names())


def test_samplers_says_what_is_not_installed(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "autosmote.samplers.spec.find_spec", lambda name: None if name == "ctgan" else find_spec(name)
    )
    lines = run("samplers").stdout.splitlines()
    assert next(line for line in lines if line.startswith("CTGAN")).split()[6] == "no"
    assert f"2 of ctgan not installed: pip install {registry.get('CTGAN').requires}" in lines
