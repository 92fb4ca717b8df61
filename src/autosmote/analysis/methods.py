"""Which methods of the score table belong into which table."""

from __future__ import annotations

import pandas as pd

REFERENCE = "AutoSMOTE"
"""The method that all others are compared with."""

POLICY_SEARCH = "Policy search"
"""The search for policies that goes beyond the paper."""

RANDOM_POLICIES = "Random policies"
"""Its control, which learns nothing."""

MERGED = "Merging training and validation sets"
"""The strategy that trains on the validation rows, so that its validation scores compare with no other's."""

AUTO_SAMPLING = "Auto-sampling"
"""The category of AutoSMOTE itself."""

VARIANT, ABLATION, EXTENSION = "SMOTE variant", "Ablation", "Extension"
"""Categories with a table of their own: Table 3, Table 4, and what goes beyond the paper."""

CATEGORIES = (
    "No-resampling",
    "Under-sampling",
    "Over-sampling",
    "Combined over- and under-sampling",
    "Generative model",
    "Meta-learning",
    VARIANT,
    ABLATION,
    EXTENSION,
    AUTO_SAMPLING,
)
"""Categories in the order of Table 2; others stand before `VARIANT`."""


def by_folds(sampler: str) -> bool:
    """Say whether a search scores its iterations on one fold after another, so that they do not compare.

    Parameters
    ----------
    sampler : str
        As in the score table.

    Returns
    -------
    bool
    """
    return sampler.startswith(POLICY_SEARCH) or sampler == RANDOM_POLICIES or sampler.endswith(" by folds")


def main_comparison(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of Table 2: all methods but SMOTE variants, ablations and extensions.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    DataFrame
    """
    return scores[~scores["category"].isin([VARIANT, ABLATION, EXTENSION])]


def against(scores: pd.DataFrame, category: str) -> pd.DataFrame:
    """Return the rows of the reference and of one category, on the data sets that the category has.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    category : str
        Usually `VARIANT`, `ABLATION` or `EXTENSION`.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If no row has the category.
    """
    of_category = scores["category"] == category
    if not of_category.any():
        raise ValueError(f"the score table has no rows of the category {category!r}; {_REMEDY[category]}")
    on_its_data = scores["dataset"].isin(scores.loc[of_category, "dataset"])
    return scores[on_its_data & (of_category | (scores["sampler"] == REFERENCE))]


_REMEDY = {
    VARIANT: "name SMOTE variants in `study.variants`",
    ABLATION: "name strategies and data sets in `ablation`",
    EXTENSION: "name extensions in `study.samplers` or `ablation.strategies`",
}


def in_order(categories: pd.Series) -> list[str]:
    """Return the categories that occur, in the order in which tables list them.

    Parameters
    ----------
    categories : Series of str

    Returns
    -------
    list of str
    """
    found = list(dict.fromkeys(categories))
    others = [name for name in found if name not in CATEGORIES]
    at = CATEGORIES.index(VARIANT)
    return [name for name in (*CATEGORIES[:at], *others, *CATEGORIES[at:]) if name in found]


def families(scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows that are ranked together, by the name of their table.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    dict of str to DataFrame
        ``Table 2``, and ``Table 3`` and ``Table 4`` where the score table has their methods.
    """
    found = {"Table 2": main_comparison(scores)}
    for name, category in (("Table 3", VARIANT), ("Table 4", ABLATION)):
        if (scores["category"] == category).any():
            found[name] = against(scores, category)
    return found


def compared_families(scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that have something to compare.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    dict of str to DataFrame
        As `families`, without those of a single method, unless all are.
    """
    found = families(scores)
    return {name: part for name, part in found.items() if part["sampler"].nunique() > 1} or found
