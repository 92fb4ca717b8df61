"""The keys of a search: default, range and meaning. Defaults are the paper's where it gives one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autosmote.search.features import STATE_FEATURES
from autosmote.search.reward_scaling import REWARD_SCALINGS
from autosmote.search.setting_fields import (
    check,
    choice,
    field_names,
    flat,
    number,
    that_change_results,
    whole,
)

#: The three levels of the hierarchy.
LEVELS = ("cross_instance", "instance_specific", "low_level")


@dataclass(frozen=True)
class SearchOptions:
    """The keys of the configuration's section ``search`` that are no fields of `SearchSettings`."""

    scale: float = number(4, above=0)
    """Sets the largest cross-instance scaling factor: G1 = scale * imbalance ratio / G2, at least 1 (Section
    4.1)."""

    actors: int = whole(1, changes_result=False)
    """Processes that run episodes; the threads of a search job, as far as there are cores. At most 2 *
    `round_size` can be busy. Several pay where searches are few and the classifier is slow to fit."""

    evaluator: str = choice("auto", ("auto", "plain"), changes_result=False)
    """How the reward is computed. `auto` predicts without fitting where that gives scikit-learn's predictions
    (k nearest neighbours, AdaBoost); `plain` always fits the classifier. The test score always comes from a
    fitted classifier."""


@dataclass(frozen=True)
class SearchSettings:
    """Everything, besides data, classifier and metric, that the result of a search depends on.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names the key and the value.
    """

    g1_max: int = whole(key=None)
    """Largest cross-instance scaling factor, G1 of Section 3.2."""

    iterations: int = whole(1000)
    """Episodes, each followed by one classifier fit; I of Algorithm 2."""

    round_size: int = whole(20)
    """Episodes per round. Round r acts with the weights learned from the rounds up to r - 2, so that up to 2
    * `round_size` actors can work while the learner learns. A smaller round means fresher weights."""

    g2_max: int = whole(10)
    """Largest instance-specific scaling factor, G2."""

    factor_range: str = choice("inclusive", ("inclusive", "exclusive"))
    """Whether the factors are drawn from {0..G} (the paper) or {0..G-1} (the authors' code)."""

    neighbours: int = whole(30)
    """Nearest minority neighbours to interpolate with, K; fewer where the data has fewer."""

    count_bin_width: int = whole(10)
    """Uses of an instance per bin of its count feature (the authors' code has 20). There are 10 bins; the
    last one is open."""

    state_features: str = choice("original", STATE_FEATURES)
    """What the policies see of an instance besides its count. `original` is its coordinates (Section 3.2).
    `neighbourhood` is the share of majority rows among its 5, 15 and 30 nearest training rows, and the log
    ratio of the distances to the nearest majority and the nearest minority row, standardised."""

    cross_instance_state: str = choice("mean", ("mean", "first"))
    """Input of the one-step cross-instance policy: the mean of the minority rows' features, which does not
    depend on the order of rows, or those of the first minority row (the authors' code)."""

    nominal_values: str = choice("interpolated", ("interpolated", "drawn"))
    """Values of a synthetic row in nominal columns. `interpolated` takes one-hot columns for numbers (the
    paper, and every method that it compares with). `drawn` draws the value of each nominal column from the
    two rows, the neighbour's with the interpolation weight as probability; the sampler `AutoSMOTE` does so
    too."""

    hierarchy: str = choice("full", ("full", "flat"), key=None)
    """Three policies as in Section 3.2, or the low-level policy alone, which then also decides when to go to
    the next instance (Section 4.4). It makes at most as many rows of an instance as the three can."""

    cross_instance_policy: str = choice("learned", ("learned", "half", "random"), key=None)
    """Whether the factor is drawn from a policy that is trained, is half of the largest one (rounded up; if
    `factor_range` is exclusive, down), or is drawn with equal probabilities."""

    instance_specific_policy: str = choice("learned", ("learned", "half", "random"), key=None)
    """The same for the instance-specific factor."""

    low_level_policy: str = choice("learned", ("learned", "random"), key=None)
    """Whether neighbour and weight are drawn from a policy that is trained or with equal probabilities."""

    reward_scaling: str = choice("none", REWARD_SCALINGS)
    """What the policies learn from. `none` is the validation score (Section 3.2). `standardised` is how many
    standard deviations it lies above the mean of the last `reward_window` episodes."""

    reward_window: int = whole(100)
    """Episodes that a scaled reward is relative to, the present one included."""

    cross_instance_buffer: int = whole(2, key="buffers.cross_instance")
    """Steps that make an unroll for the cross-instance policy, B of Algorithm 2."""

    instance_specific_buffer: int = whole(300, key="buffers.instance_specific")
    """The same for the instance-specific policy."""

    low_level_buffer: int = whole(300, key="buffers.low_level")
    """The same for the low-level policy."""

    updates_per_iteration: int = whole(1)
    """Most unrolls per policy and iteration; with `batch_unrolls` 1 each is an update."""

    batch_unrolls: int = whole(1)
    """Unrolls of a buffer's steps that make a batch, which is one update. Algorithm 2 updates with one; the
    authors' code with 8, which come from 8 iterations or more if `updates_per_iteration` is 1."""

    learning_rate: float = number(0.005, above=0)
    """Step size of Adam."""

    discount: float = number(1.0, least=0, most=1)
    """Discount factor, gamma of Eq. 1."""

    entropy_cost: float = number(0.0006, least=0)
    """Weight of the entropy bonus, per nat (the authors' code; the paper does not mention it)."""

    gradient_clip: float = number(40.0, above=0)
    """Largest norm of a policy's gradient (the authors' code; the paper does not mention it)."""

    hidden: int = whole(128)
    """Units per hidden layer."""

    seed: int = 0
    """Seeds the initial weights and, with an episode's number, that episode."""

    def __post_init__(self) -> None:
        check(self)
        for level in LEVELS:
            if self.hierarchy == "flat" and getattr(self, f"{level}_policy") != "learned":
                raise ValueError(
                    f"search setting {level}_policy={getattr(self, f'{level}_policy')!r}: with a flat "
                    "hierarchy there is one policy, and it is learned; leave this setting out"
                )

    @property
    def learned(self) -> tuple[str, ...]:
        """The policies that are trained, of `LEVELS`."""
        if self.hierarchy == "flat":
            return ("low_level",)
        return tuple(level for level in LEVELS if getattr(self, f"{level}_policy") == "learned")

    @property
    def most_per_instance(self) -> int:
        """Largest number of synthetic rows that start from an instance."""
        return (self.g1_actions - 1) * (self.g2_actions - 1)

    @property
    def g1_actions(self) -> int:
        """Number of values that the cross-instance factor can take."""
        return self.g1_max + (self.factor_range == "inclusive")

    @property
    def g2_actions(self) -> int:
        """Number of values that the instance-specific factor can take."""
        return self.g2_max + (self.factor_range == "inclusive")

    @classmethod
    def for_ratio(
        cls, imbalance_ratio: float, *, scale: float = SearchOptions.scale, **keys: Any
    ) -> SearchSettings:
        """Settings with G1 from the imbalance ratio, ``G1 = scale * ratio / G2`` (Section 4.1).

        Parameters
        ----------
        imbalance_ratio : float
            Majority rows per minority row.
        scale : float, optional
            ``G1 * G2 / imbalance_ratio``.
        **keys
            The other fields.

        Returns
        -------
        SearchSettings
        """
        check(SearchOptions(scale=scale))
        g2_max = keys.get("g2_max", cls.g2_max)
        return cls(g1_max=max(1, round(scale * imbalance_ratio / g2_max)), **keys)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, imbalance_ratio: float, seed: int) -> SearchSettings:
        """Read the ``search`` section of a study's configuration.

        Parameters
        ----------
        config : mapping
            The section. Keys that do not change a result are ignored.
        imbalance_ratio : float
            Majority rows per minority row, for G1.
        seed : int
            Seed of the search.

        Returns
        -------
        SearchSettings

        Raises
        ------
        ValueError
            For an unknown key; the message lists the known ones.
        """
        names = field_names(cls) | {"scale": "scale"}
        values = flat(that_change_results(config, SECTION))
        if unknown := sorted(set(values) - set(names)):
            raise ValueError(f"unknown search setting {unknown[0]!r}; known: {', '.join(sorted(names))}")
        return cls.for_ratio(
            imbalance_ratio, seed=seed, **{names[key]: value for key, value in values.items()}
        )


SECTION = (SearchSettings, SearchOptions)
"""The classes whose fields are the keys of the configuration's section ``search``."""
