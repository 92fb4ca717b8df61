"""The search as a whole: its schedule, its determinism, that it learns, and how it fails."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier
from started import started

from autosmote.search.engine import search
from autosmote.search.jobs import ActorError
from autosmote.search.reward import ValidationReward
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace


def make_settings(**keys):
    return SearchSettings(
        **{"g1_max": 4, "g2_max": 4, "neighbours": 5, "hidden": 16, "iterations": 20, "round_size": 3, **keys}
    )


@cache
def make_space():
    return SearchSpace(np.random.default_rng(1).normal(size=(10, 3)), neighbours=5)


@pytest.fixture
def space():
    return make_space()


def fewer_is_better(samples):
    return 1.0 / (1.0 + len(samples))


def share_above(samples):
    """Rewards rows in one half of the space, whatever their number."""
    rows = make_space().interpolate(samples)
    return float(np.mean(rows[:, 0] > 0)) if len(rows) else 0.0


def failing(samples):
    raise ZeroDivisionError("the metric of test_engine divides by zero")


def greedy(samples):
    raise MemoryError("the rows of test_engine do not fit")


def dying(samples):
    os.kill(os.getpid(), signal.SIGKILL)


def classifier_reward():
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = 1 - y
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:40]])
    parts = train_test_split(X[rows], y[rows], test_size=0.4, stratify=y[rows], random_state=0)
    X_train, X_validation, y_train, y_validation = parts
    tree = DecisionTreeClassifier(random_state=0)
    space = SearchSpace(X_train[y_train == 1], 5)
    scorer = get_scorer("f1_macro")
    return space, ValidationReward(space, tree, scorer, X_train, y_train, X_validation, y_validation)


def assert_same(one, other):
    assert one.history.to_csv() == other.history.to_csv()
    assert one.best_iteration == other.best_iteration
    for column in ("source", "neighbour", "weight"):
        assert getattr(one.samples, column).tobytes() == getattr(other.samples, column).tobytes()


def test_the_result_does_not_depend_on_the_number_of_actors_nor_on_their_timing():
    space, reward = classifier_reward()
    settings = make_settings(iterations=30)
    serial = search(space, reward, settings)
    assert_same(serial, search(space, reward, settings))
    for actors in (2, 3):
        assert_same(serial, search(space, reward, settings, actors=actors))


def test_another_seed_is_another_search(space):
    one, other = (search(space, share_above, make_settings(seed=seed)) for seed in (0, 1))
    assert one.history.to_csv() != other.history.to_csv()


def test_the_best_samples_are_those_of_the_first_best_iteration(space):
    result = search(space, share_above, make_settings())
    history = result.history
    assert list(history["iteration"]) == list(range(1, 21))
    assert result.best_score == history["validation_score"].max()
    assert result.best_iteration == history["iteration"][history["validation_score"].idxmax()]
    assert_array_equal(history["best_validation_score"], history["validation_score"].cummax())
    best = history.set_index("iteration").loc[result.best_iteration]
    assert len(result.samples) == best["n_synthetic"]
    assert share_above(result.samples) == result.best_score


def test_round_r_acts_with_the_weights_of_rounds_up_to_r_minus_2(space):
    # Learning starts to show in round 2: until then, a learner that cannot move gives the same episodes.
    fast, slow = (search(space, share_above, make_settings(learning_rate=rate)) for rate in (0.5, 1e-12))
    same = (fast.history["n_synthetic"] == slow.history["n_synthetic"]) & (
        fast.history["validation_score"] == slow.history["validation_score"]
    )
    assert same[:6].all()  # Rounds 0 and 1, of three episodes each.
    assert not same[6:].all()


def test_the_last_round_may_be_short_and_a_search_may_have_one_iteration(space):
    for iterations in (1, 2, 4, 7):
        result = search(space, share_above, make_settings(iterations=iterations))
        assert len(result.history) == iterations


def test_learns_how_many_samples_to_make(space):
    history = search(space, fewer_is_better, make_settings(iterations=300, learning_rate=0.01)).history
    early, late = history["n_synthetic"][:50].mean(), history["n_synthetic"][-50:].mean()
    assert late < 0.4 * early


def test_learns_where_to_put_them(space):
    settings = make_settings(
        iterations=500, learning_rate=0.01, hidden=64, low_level_buffer=100, instance_specific_buffer=50
    )
    history = search(space, share_above, settings).history
    early, late = history["validation_score"][:50].mean(), history["validation_score"][-50:].mean()
    assert late > early + 0.4


def test_a_callback_ends_a_search_that_is_the_start_of_the_longer_one(space):
    longer = search(space, share_above, make_settings()).history
    for n, actors in ((1, 1), (8, 1), (8, 2)):
        result = search(
            space, share_above, make_settings(), actors=actors, on_iteration=lambda i, n=n: i.iteration == n
        )
        assert result.history.to_csv() == longer[:n].to_csv()


def test_the_policies_come_back_as_they_were_learned(space):
    short, long = (search(space, share_above, make_settings(iterations=n)).policies for n in (1, 60))
    weights = [policies.state_dict()["instance_specific.policy.weight"] for policies in (short, long)]
    assert not torch.equal(*weights)


def test_no_episode_has_more_than_the_largest_number_of_samples():
    X = np.random.default_rng(1).normal(size=(10, 3))
    capped = SearchSpace(X, neighbours=5, max_samples=20)
    result = search(capped, lambda samples: len(samples), make_settings())
    assert result.best_score == len(result.samples) == result.history["n_synthetic"].max() == 20


def test_the_callback_sees_every_iteration(space):
    seen = []
    search(space, share_above, make_settings(), on_iteration=seen.append)
    assert [iteration.iteration for iteration in seen] == list(range(1, 21))


def test_thread_settings_of_the_caller_are_restored(space):
    threads = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError):
        search(space, failing, make_settings())
    assert torch.get_num_threads() == threads


# -- faults ------------------------------------------------------------------------------------------------


def children():
    listing = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True
    )
    return [line for line in listing.stdout.splitlines() if "autosmote.search.jobs" in line]


def test_an_exception_in_an_actor_ends_the_search_with_its_traceback(space):
    with pytest.raises(ActorError, match="(?s)Traceback.*test_engine divides by zero"):
        search(space, failing, make_settings(), actors=2)
    assert not children()


def test_an_actor_that_is_killed_ends_the_search(space):
    with pytest.raises(ActorError, match="ended unexpectedly.*SIGKILL"):
        search(space, dying, make_settings(), actors=2)
    assert not children()


@pytest.mark.parametrize("actors", [1, 2])
def test_too_little_memory_is_told_apart_from_errors(space, actors):
    with pytest.raises(MemoryError, match="the rows of test_engine do not fit"):
        search(space, greedy, make_settings(), actors=actors)
    assert not children()


def test_actors_share_a_file_that_has_no_name(space, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = []
    search(
        space,
        share_above,
        make_settings(),
        actors=2,
        on_iteration=lambda iteration: left.extend(tmp_path.iterdir()),
    )
    assert not left and not list(tmp_path.iterdir())


def start_up(code, tmp_path, monkeypatch):
    """Let every fresh interpreter run this before anything else."""
    (tmp_path / "sitecustomize.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize(
    "noise",
    [
        b"hello\n",
        pytest.param(b"X\xff\xff\xff\x7f", marks=pytest.mark.slow),  # To pickle: 2 GB are to follow.
        pytest.param(b"." * 200_000, marks=pytest.mark.slow),  # More than a pipe holds.
    ],
)
def test_what_python_prints_when_it_starts_does_no_harm(space, noise, tmp_path, monkeypatch):
    start_up(f"import os\nos.write(1, {noise!r})\n", tmp_path, monkeypatch)
    assert_same(
        search(space, share_above, make_settings(), actors=2), search(space, share_above, make_settings())
    )


def test_an_actor_that_does_not_start_ends_the_search(space, tmp_path, monkeypatch):
    start_up("import os\nos._exit(3)\n", tmp_path, monkeypatch)
    # More than a pipe holds, so that the actor dies while it is being written to.
    ballast = np.zeros(1_000_000)
    with pytest.raises(ActorError, match="ended unexpectedly.*exit status 3"):
        search(space, lambda samples: 0.0 * ballast[0], make_settings(), actors=2)
    assert not children()


@pytest.mark.slow
def test_an_actor_that_stops_replying_ends_the_search(space):
    def mute(samples):
        os.closerange(3, 100)
        time.sleep(600)

    with pytest.raises(ActorError, match="ended unexpectedly"):
        search(space, mute, make_settings(), actors=2)
    assert not children()


def test_an_exit_in_an_actor_ends_the_search_with_its_traceback(space):
    with pytest.raises(ActorError, match="(?s)Traceback.*SystemExit: 4"):
        search(space, lambda samples: sys.exit(4), make_settings(), actors=2)
    assert not children()


def test_a_reward_that_an_actor_cannot_read_ends_the_search_with_its_traceback(space):
    class Unreadable:
        def __reduce__(self):
            return divmod, (1, 0)

        def __call__(self, samples):
            raise AssertionError("never sent")

    with pytest.raises(ActorError, match="(?s)Traceback.*ZeroDivisionError"):
        search(space, Unreadable(), make_settings(), actors=2)
    assert not children()


def test_actors_import_what_the_main_process_imports(space, tmp_path, monkeypatch):
    (tmp_path / "cloudpickle.py").write_text("raise ImportError('not this one')\n")
    monkeypatch.chdir(tmp_path)
    assert len(search(space, share_above, make_settings(), actors=2).history) == 20


def test_an_interrupt_leaves_no_actor_behind(space):
    def interrupt(iteration):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(space, share_above, make_settings(), actors=2, on_iteration=interrupt)
    assert not children()


@pytest.mark.parametrize(
    "how",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_a_killed_search_leaves_no_actor_behind(how, tmp_path):
    script = tmp_path / "endless.py"
    # No `if __name__ == "__main__"` on purpose: actors must not run the main module again.
    script.write_text(
        "import numpy as np\n"
        "from autosmote.search.engine import search\n"
        "from autosmote.search.settings import SearchSettings\n"
        "from autosmote.search.space import SearchSpace\n"
        "space = SearchSpace(np.random.default_rng(0).normal(size=(10, 3)), 5)\n"
        "settings = SearchSettings(g1_max=4, iterations=10**6)\n"
        "search(space, lambda rows: 0.5, settings, actors=2,\n"
        "       on_iteration=lambda i: print('running', flush=True) if i.iteration == 1 else None)\n"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started([sys.executable, script], **pipes, text=True) as process:
        assert process.stdout.readline() == "running\n"
        listing = subprocess.run(
            ["ps", "--ppid", str(process.pid), "-o", "pid="], capture_output=True, text=True
        )
        actors = [int(pid) for pid in listing.stdout.split()]
        assert len(actors) == 2
        process.send_signal(how)
        process.communicate(timeout=30)
        deadline = time.monotonic() + 30
        while alive := [pid for pid in actors if os.path.exists(f"/proc/{pid}")]:
            assert time.monotonic() < deadline, f"actors {alive} outlived their search"
            time.sleep(0.05)


def few_rows_only(samples):
    return share_above(samples) if len(samples) < 20 else float("nan")


def test_an_episode_without_a_score_is_neither_best_nor_learned_from(space):
    settings = make_settings(cross_instance_buffer=1, instance_specific_buffer=1, low_level_buffer=1)
    result = search(space, few_rows_only, settings)
    history = result.history
    unscored = history["validation_score"].isna()
    assert 0 < unscored.sum() < len(history)
    assert_array_equal(unscored, history["n_synthetic"] >= 20)
    assert_array_equal(history["cross_instance_loss"].isna(), unscored)
    assert_array_equal(history["best_validation_score"], history["validation_score"].cummax().ffill())
    assert result.best_score == share_above(result.samples) == history["validation_score"].max()
    assert_same(result, search(space, few_rows_only, settings, actors=2))


def test_a_search_without_any_score_has_no_best(space):
    result = search(space, lambda samples: float("nan"), make_settings())
    assert result.best_iteration == len(result.samples) == 0
    assert np.isnan(result.best_score)
    assert result.history["best_validation_score"].isna().all()


def test_no_actors_is_refused(space):
    with pytest.raises(ValueError, match="actors=0"):
        search(space, share_above, make_settings(), actors=0)


def test_a_score_that_is_not_finite_is_refused():
    space, reward = classifier_reward()
    reward.scorer = lambda *_: float("nan")
    with pytest.raises(ValueError, match="scorer returned nan"):
        search(space, reward, make_settings())
