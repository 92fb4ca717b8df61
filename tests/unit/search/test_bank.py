"""The bank of policies: what it holds, how it is chosen, and how a damaged one is told."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosmote.search.bank import PATH, SIZE, PolicyBank, choose_varied, load_bank
from autosmote.search.linear_policies import PARAMETERS
from autosmote.utils.storage import CorruptFileError

PAPERS_DATASETS = {"phoneme", "phishing", "eeg", "mozilla", "magic", "electricity"}
CLASSIFIERS = ("LinearSVC", "KNeighborsClassifier", "DecisionTreeClassifier", "AdaBoostClassifier")


def bank():
    rng = np.random.default_rng(0)
    return PolicyBank(
        {("A", "mcc"): rng.normal(size=(4, 18)), ("A", "macro_f1"): rng.normal(size=(3, 18))},
        rng.normal(size=(5, 18)),
        {"seeds": [0]},
    )


def test_the_shipped_bank_has_policies_for_every_classifier_and_metric_of_the_study():
    shipped = load_bank()
    for classifier in CLASSIFIERS:
        for metric in ("macro_f1", "mcc"):
            policies = shipped.get(classifier, metric)
            assert policies.shape == (SIZE, len(PARAMETERS))
            assert policies is not shipped.pooled
    assert shipped.get("GaussianNB", "mcc").shape == (SIZE, len(PARAMETERS))
    assert PATH.stat().st_size < 200_000


def test_the_shipped_bank_has_seen_nothing_of_the_papers_data():
    names = [name.lower() for name in load_bank().origin["datasets"]]
    assert len(names) > 15
    assert not [name for name in names if any(word in name for word in PAPERS_DATASETS)]


def test_what_is_not_known_gets_the_pooled_policies():
    one = bank()
    assert one.get("A", "mcc").shape == (4, 18)
    for classifier, metric in (("B", "mcc"), ("A", "roc_auc"), ("A", None)):
        assert one.get(classifier, metric) is one.pooled


def test_a_bank_is_read_as_it_was_written(tmp_path):
    one, path = bank(), tmp_path / "bank.json"
    one.save(path)
    other = load_bank(path)
    assert other.origin == one.origin and other.policies.keys() == one.policies.keys()
    for key, policies in one.policies.items():
        np.testing.assert_allclose(other.policies[key], policies, atol=0.0005)
    np.testing.assert_allclose(other.pooled, one.pooled, atol=0.0005)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda bank: bank.pop("pooled"), "pooled"),
        (lambda bank: bank["pooled"][0].pop(), "inhomogeneous|shape"),
        (lambda bank: bank["pooled"][0].__setitem__(0, "many"), "many"),
        (lambda bank: bank["pooled"][0].__setitem__(0, None), "list of policies"),
        (lambda bank: bank["parameters"].reverse(), "weight_100, weight_75"),
        (lambda bank: bank["policies"].__setitem__("A", 3), "int"),
    ],
)
def test_another_file_is_told_from_a_bank(damage, message, tmp_path):
    path = tmp_path / "bank.json"
    bank().save(path)
    content = json.loads(path.read_text())
    damage(content)
    path.write_text(json.dumps(content))
    with pytest.raises(CorruptFileError, match=f"(?s)bank.json holds no bank.*({message}).*make bank"):
        load_bank(path)


@settings(deadline=None, max_examples=20)
@given(n=st.integers(1, 30), size=st.integers(1, 12), seed=st.integers(0, 1000))
def test_chosen_policies_are_different_ones_of_the_given(n, size, seed):
    policies = np.random.default_rng(seed).normal(size=(n, 18))
    chosen = choose_varied(policies, size)
    assert len(chosen) == min(n, size)
    given_, kept = {tuple(row) for row in policies}, {tuple(row) for row in chosen}
    assert kept <= given_ and len(kept) == len(chosen)


def test_one_policy_stands_for_each_group_and_the_largest_group_comes_first():
    rng = np.random.default_rng(0)
    centres = 10 * np.eye(3, 18)
    policies = np.concatenate(
        [centre + 0.1 * rng.normal(size=(size, 18)) for centre, size in zip(centres, (4, 20, 9), strict=True)]
    )
    chosen = choose_varied(rng.permutation(policies), 3)
    assert chosen.argmax(axis=1).tolist() == [1, 2, 0]


def test_policies_that_make_no_rows_are_alike_however_few():
    policies = np.zeros((6, 18))
    policies[:3, 0] = [-500.0, -50.0, -7.0]
    assert len(choose_varied(policies[:3], 1)) == 1
    chosen = choose_varied(policies + 0.01 * np.random.default_rng(0).normal(size=(6, 18)), 2)
    assert sorted(chosen[:, 0] < -5) == [False, True]
