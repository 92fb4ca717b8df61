"""Compare AutoSMOTE with other over-samplers on data sets that are imbalanced by nature.

    python benchmarks/natural_data.py FOLDER --policies results/bank/searches.csv --out natural_data.csv

FOLDER holds CSV files with the class in column y; the largest are used. Nominal columns are one-hot encoded,
and all are standardised on the training rows. Each seed holds out 30 % of the rows, stratified, for the
score. The policies are those that `make bank` has learned (results/bank/searches.csv). For each data set
AutoSMOTE starts from a bank without it and its relatives, which have the same first word in their names. What
is done is not done again; at the end the mean ranks are printed.
"""

import argparse
import re
import time
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, BorderlineSMOTE, RandomOverSampler
from sklearn.compose import make_column_transformer
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from autosmote import AutoSMOTE
from autosmote.study.bank import make_bank

COLUMNS = ["dataset", "classifier", "seed", "method", "score", "seconds"]

CLASSIFIERS = {
    "tree": lambda seed: DecisionTreeClassifier(random_state=seed),
    "knn": lambda seed: KNeighborsClassifier(),
}


def samplers(classifier, seed: int, iterations: int) -> dict:
    """Return the methods by name; None leaves the rows as they are."""
    search = {
        "estimator": classifier,
        "scoring": "f1_macro",
        "n_iterations": iterations,
        "random_state": seed,
    }
    return {
        "none": None,
        "random over-sampling": RandomOverSampler(random_state=seed),
        "SMOTE": SMOTE(random_state=seed),
        "BorderlineSMOTE": BorderlineSMOTE(random_state=seed),
        "AutoSMOTE (paper)": AutoSMOTE(strategy="paper", **search),
        "AutoSMOTE": AutoSMOTE(**search),
    }


def encode(table: pd.DataFrame, train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One-hot encode nominal columns, and standardise what comes out of it, as the training rows say."""
    nominal = table.select_dtypes(exclude="number").columns
    encoder = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), nominal), remainder="passthrough"
        ),
        StandardScaler(),
    )
    return encoder.fit_transform(table.iloc[train]), encoder.transform(table.iloc[test])


def family(name: str) -> str:
    """Return the first word of a name: the data sets of one source have it in common."""
    return re.match(r"[a-z]+", name.lower()).group()


def evaluate(table: pd.DataFrame, seed: int, classifier: str, done: set, options) -> list[dict]:
    """Score the methods that are not done on one split."""
    labels = table["y"].to_numpy()
    train, test = train_test_split(np.arange(len(labels)), test_size=0.3, stratify=labels, random_state=seed)
    X, X_test = encode(table.drop(columns="y"), train, test)
    rows = []
    for name, sampler in samplers(CLASSIFIERS[classifier](seed), seed, options.iterations).items():
        if name in done:
            continue
        started = time.process_time()
        given = (X, labels[train]) if sampler is None else sampler.fit_resample(X, labels[train])
        predicted = CLASSIFIERS[classifier](seed).fit(*given).predict(X_test)
        score = f1_score(labels[test], predicted, average="macro")
        rows.append({"method": name, "score": round(score, 4), "seconds": time.process_time() - started})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--policies", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("natural_data.csv"))
    parser.add_argument("--datasets", type=int, default=12, help="how many, the largest first")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=300, help="classifier fits of a search")
    options = parser.parse_args()

    policies = pd.read_csv(options.policies)
    tables = {path.stem: pd.read_csv(path) for path in options.folder.glob("*.csv")}
    tables = {name: table.dropna() for name, table in tables.items() if "y" in table}
    largest = sorted(tables, key=lambda name: (-len(tables[name]), name))[: options.datasets]
    results = pd.read_csv(options.out) if options.out.exists() else pd.DataFrame(columns=COLUMNS)
    for seed in range(options.seeds):
        for name in largest:
            others = policies[[family(dataset) != family(name) for dataset in policies["dataset"]]]
            bank = make_bank(others, {})
            for classifier in CLASSIFIERS:
                cell = {"dataset": name, "classifier": classifier, "seed": seed}
                same = (results[list(cell)] == pd.Series(cell)).all(axis=1)
                done = set(results.loc[same, "method"])
                with (
                    mock.patch("autosmote.estimator.autosmote.load_bank", return_value=bank),
                    warnings.catch_warnings(action="ignore"),
                ):
                    rows = [cell | row for row in evaluate(tables[name], seed, classifier, done, options)]
                if rows:
                    results = pd.concat([results, pd.DataFrame(rows)], ignore_index=True)
                    results.round({"seconds": 2}).to_csv(options.out, index=False)
                    print(name, seed, classifier, {row["method"]: row["score"] for row in rows}, flush=True)

    scores = results.pivot_table(index=["classifier", "dataset"], columns="method", values="score")
    ranks = scores.rank(axis=1, ascending=False)
    print(ranks.groupby("classifier").mean().round(2).T.assign(both=ranks.mean().round(2)).to_string())
    print(scores.groupby("classifier").mean().round(4).T.to_string())


if __name__ == "__main__":
    main()
