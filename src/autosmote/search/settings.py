"""The keys of a search and their defaults: the paper's values where the paper gives one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any

from autosmote.search.features import STATE_FEATURES
from autosmote.search.reward_scaling import REWARD_SCALINGS

#: The three levels of the hierarchy.
LEVELS = ("cross_instance", "instance_specific", "low_level")

#: Keys that make a search another strategy; a configuration names the strategy instead.
STRATEGY_KEYS = ("hierarchy", *(f"{level}_policy" for level in LEVELS))


@dataclass(frozen=True)
class SearchSettings:
    """Everything, besides data, classifier and metric, that the result of a search depends on.

    Parameters
    ----------
    g1_max : int
        Largest cross-instance scaling factor, G1 of Section 3.2.
    g2_max : int, default 10
        Largest instance-specific scaling factor, G2.
    neighbours : int, default 30
        Number of nearest minority neighbours K to interpolate with; fewer where the data has fewer.
    iterations : int, default 1000
        Number of episodes, each followed by one classifier fit, I of Algorithm 2.
    round_size : int, default 20
        Episodes per round. Round r acts with the weights learned from the rounds up to r - 2, so that
        up to ``2 * round_size`` actors can work while the learner learns. A smaller round means fresher
        weights.
    factor_range : {"inclusive", "exclusive"}, default "inclusive"
        Whether the factors are drawn from {0..G} as in the paper or from {0..G-1} as in the authors' code.
    count_bin_width : int, default 10
        Width of the 10 bins of an instance's use count (the authors' code uses 20). The last bin is open.
    state_features : str, default "original"
        What the policies see of an instance besides its count: a name in
        `autosmote.search.features.STATE_FEATURES`.
    cross_instance_state : {"mean", "first"}, default "mean"
        Input of the one-step cross-instance policy: the mean of the minority rows' features, which does not
        depend on their order, or those of the first minority row as in the authors' code.
    hierarchy : {"full", "flat"}, default "full"
        Three policies as in Section 3.2, or the low-level policy alone, which then also decides when to go
        to the next instance (Section 4.4). It makes as many rows of an instance at most as the three can.
    cross_instance_policy, instance_specific_policy : {"learned", "half", "random"}, default "learned"
        Whether the factor is drawn from a policy that is trained, is half of the largest one (rounded up; if
        `factor_range` is exclusive, down), or is drawn with equal probabilities.
    low_level_policy : {"learned", "random"}, default "learned"
        Whether neighbour and weight are drawn from a policy that is trained or with equal probabilities.
    reward_scaling : str, default "none"
        What the policies learn from: a name in `autosmote.search.reward_scaling.REWARD_SCALINGS`.
    reward_window : int, default 100
        Episodes, the present one included, that a scaled reward is relative to.
    cross_instance_buffer, instance_specific_buffer, low_level_buffer : int, default 2, 300, 300
        Steps that make an unroll for each policy, the B of Algorithm 2: the newest ones; older ones are
        dropped.
    updates_per_iteration : int, default 1
        At most this many unrolls per policy and iteration; with `batch_unrolls` 1 each is an update.
    batch_unrolls : int, default 1
        Unrolls that make a batch, which is one update. Algorithm 2 updates with B steps, so with one; the
        authors' code with 8, which come from 8 iterations or more if `updates_per_iteration` is 1.
    learning_rate : float, default 0.005
        Adam's step size.
    discount : float, default 1.0
        gamma of Eq. 1.
    entropy_cost : float, default 0.0006
        Weight of the entropy bonus (authors' code; the paper does not mention it).
    gradient_clip : float, default 40.0
        Largest norm of a policy's gradient (authors' code; the paper does not mention it).
    hidden : int, default 128
        Width of the hidden layers.
    seed : int, default 0
        Seeds the initial weights and, with an episode's number, that episode.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names the key and the value.
    """

    g1_max: int
    g2_max: int = 10
    neighbours: int = 30
    iterations: int = 1000
    round_size: int = 20
    factor_range: str = "inclusive"
    count_bin_width: int = 10
    state_features: str = "original"
    cross_instance_state: str = "mean"
    hierarchy: str = "full"
    cross_instance_policy: str = "learned"
    instance_specific_policy: str = "learned"
    low_level_policy: str = "learned"
    reward_scaling: str = "none"
    reward_window: int = 100
    cross_instance_buffer: int = 2
    instance_specific_buffer: int = 300
    low_level_buffer: int = 300
    updates_per_iteration: int = 1
    batch_unrolls: int = 1
    learning_rate: float = 0.005
    discount: float = 1.0
    entropy_cost: float = 0.0006
    gradient_clip: float = 40.0
    hidden: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        at_least_one = (
            "g1_max", "g2_max", "neighbours", "iterations", "round_size", "count_bin_width", "hidden",
            "cross_instance_buffer", "instance_specific_buffer", "low_level_buffer", "updates_per_iteration",
            "batch_unrolls", "reward_window",
        )  # fmt: skip
        for key in at_least_one:
            value = getattr(self, key)
            if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
                raise ValueError(f"search setting {key}={value!r}: expected a whole number of at least 1")
        for key in ("learning_rate", "gradient_clip"):
            if not getattr(self, key) > 0:
                raise ValueError(f"search setting {key}={getattr(self, key)!r}: expected a number above 0")
        if not 0 <= self.discount <= 1:
            raise ValueError(f"search setting discount={self.discount!r}: expected a number from 0 to 1")
        if self.entropy_cost < 0:
            raise ValueError(
                f"search setting entropy_cost={self.entropy_cost!r}: expected a number of at least 0"
            )
        factor_policies = ("learned", "half", "random")
        choices = {
            "factor_range": ("inclusive", "exclusive"),
            "cross_instance_state": ("mean", "first"),
            "hierarchy": ("full", "flat"),
            "cross_instance_policy": factor_policies,
            "instance_specific_policy": factor_policies,
            "low_level_policy": ("learned", "random"),
            "state_features": STATE_FEATURES,
            "reward_scaling": REWARD_SCALINGS,
        }
        for key, known in choices.items():
            if getattr(self, key) not in known:
                raise ValueError(
                    f"search setting {key}={getattr(self, key)!r}: known values: {', '.join(known)}"
                )
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
        cls, imbalance_ratio: float, *, scale: float = 4.0, g2_max: int = 10, **keys: Any
    ) -> SearchSettings:
        """Settings with G1 from the imbalance ratio, ``G1 = scale * ratio / G2`` (Section 4.1).

        Parameters
        ----------
        imbalance_ratio : float
            Majority rows per minority row.
        scale : float, default 4.0
            ``G1 * G2 / imbalance_ratio``.
        g2_max : int, default 10
            G2.
        **keys
            The other fields.

        Returns
        -------
        SearchSettings
        """
        if not scale > 0:
            raise ValueError(f"search setting scale={scale!r}: expected a number above 0")
        return cls(g1_max=max(1, round(scale * imbalance_ratio / g2_max)), g2_max=g2_max, **keys)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, imbalance_ratio: float, seed: int) -> SearchSettings:
        """Read the ``search`` section of a study's configuration.

        Parameters
        ----------
        config : mapping
            The section. Keys that do not change a result (``actors``, ``evaluator``) are ignored.
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
        keys = {key: value for key, value in config.items() if key not in ("actors", "evaluator", "buffers")}
        keys |= {f"{policy}_buffer": size for policy, size in config.get("buffers", {}).items()}
        known = {field.name for field in fields(cls)} - {"seed", "g1_max", *STRATEGY_KEYS} | {"scale"}
        if unknown := sorted(set(keys) - known):
            raise ValueError(f"unknown search setting {unknown[0]!r}; known: {', '.join(sorted(known))}")
        return cls.for_ratio(imbalance_ratio, seed=seed, **keys)
