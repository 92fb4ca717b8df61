"""The one list of tables, figures and pages: an entry here is all that a new one needs beside its function.

The rules of the workflow, ``python -m autosmote.analysis``, Snakemake's report and the tests read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from autosmote.analysis.methods import ABLATION, AUTO_SAMPLING, EXTENSION, VARIANT
from autosmote.figures import (
    anytime,
    critical_difference,
    diagnostics,
    figure4,
    figure5,
    figure6,
    figure7,
    fits,
    ranks,
    search_curves,
)
from autosmote.pages import browse, overview
from autosmote.report.product import Product
from autosmote.tables import (
    beside_paper,
    comparisons,
    coverage,
    friedman,
    in_place,
    mean_scores,
    search_summary,
    table1,
    table2,
    table3,
    table4,
)

_TABLES, _BESIDE_PAPER = "Tables", "Beside the paper"
_TESTS_AND_SPREAD, _FIGURES = "Tests and spread", "Figures"
_OVERVIEW = "Overview"

_PRODUCTS = (
    Product(
        name="overview",
        title="What came out",
        caption="The method with the best average rank in each metric and how sure that is, the ranks of all "
        "methods, Table 2 and how complete it is.",
        make=overview.make,
        section=_OVERVIEW,
        options=("pairs", "alpha"),
    ),
    Product(
        name="browse",
        title="Page to browse the scores in",
        caption="Ranks and comparisons in any selection of the scores, learning curves and samples.",
        make=browse.make,
        # As large as all the rest of the report; it stands beside it.
        section=None,
        may_read=("learning_curves", "samples"),
        options=("alpha",),
    ),
    Product(
        name="table1",
        title="Table 1: data sets",
        caption="Data sets of the study, with the number of minority rows at each imbalance ratio, and how "
        "many of them are test rows (Table 1 of the paper).",
        make=table1.make,
        section=_TABLES,
        reads=("datasets",),
    ),
    Product(
        name="table1_beside_paper",
        title="Table 1 beside the paper's",
        caption="Statistics of the data sets beside those of the paper's Table 1.",
        make=beside_paper.table1,
        section=_BESIDE_PAPER,
        reads=("datasets",),
    ),
    Product(
        name="table2",
        title="Table 2: all methods",
        caption="Average rank of each method over the configurations of base classifier and imbalance "
        "ratio, lower is better (Table 2 of the paper). The CSV file beside it has the p-values of "
        "Wilcoxon's signed-rank tests, plain and after Holm's correction.",
        make=table2.make,
        section=_TABLES,
        options=("pairs", "alpha"),
    ),
    Product(
        name="table2_beside_paper",
        title="Table 2 beside the paper's",
        caption="Average ranks beside those of the paper's Table 2, for the methods and data sets that "
        "both have.",
        make=beside_paper.table2,
        section=_BESIDE_PAPER,
        options=("pairs", "alpha"),
    ),
    Product(
        name="table3",
        title="Table 3: SMOTE variants",
        caption="Average rank of AutoSMOTE among the SMOTE variants over all data sets, lower is better "
        "(Table 3 of the paper, which lists the first five).",
        make=table3.make,
        section=_TABLES,
        needs=VARIANT,
        options=("pairs", "alpha"),
    ),
    Product(
        name="table3_beside_paper",
        title="Table 3 beside the paper's",
        caption="Average ranks beside those of the paper's Table 3. It needs all six data sets.",
        make=beside_paper.table3,
        section=_BESIDE_PAPER,
        needs=VARIANT,
        options=("pairs", "alpha"),
    ),
    Product(
        name="table4",
        title="Table 4: ablations",
        caption="Average rank of AutoSMOTE and its ablations, lower is better (Table 4 of the paper).",
        make=table4.make,
        section=_TABLES,
        needs=ABLATION,
        options=("pairs", "alpha"),
    ),
    Product(
        name="table4_beside_paper",
        title="Table 4 beside the paper's",
        caption="Average ranks beside those of the paper's Table 4. It needs ablations on Mozilla4.",
        make=beside_paper.table4,
        section=_BESIDE_PAPER,
        needs=ABLATION,
        options=("pairs", "alpha"),
    ),
    Product(
        name="extensions",
        title="Beyond the paper",
        caption="AutoSMOTE against methods that the paper does not have. They are in no other table.",
        make=comparisons.make_extensions,
        section=_TABLES,
        needs=EXTENSION,
        options=("pairs", "alpha"),
    ),
    Product(
        name="in_place",
        title="In AutoSMOTE's place",
        caption="Average rank and place of each method that Table 2 does not have, put in AutoSMOTE's place "
        "there.",
        make=in_place.make,
        section=_TABLES,
        needs=EXTENSION,
    ),
    Product(
        name="policy_search",
        title="Policy search against each",
        caption="Policy search against each other method: configurations won, tied and lost, mean difference "
        "of the test scores, effect size and p-values.",
        make=comparisons.make_policy_search,
        section=_TESTS_AND_SPREAD,
        needs=EXTENSION,
        options=("pairs", "alpha"),
    ),
    Product(
        name="comparisons",
        title="AutoSMOTE against each",
        caption="AutoSMOTE against each other method: configurations won, tied and lost, mean difference "
        "of the test scores, effect size and p-values.",
        make=comparisons.make,
        section=_TESTS_AND_SPREAD,
        options=("pairs", "alpha"),
    ),
    Product(
        name="friedman",
        title="Friedman's test",
        caption="Friedman's test whether the methods of a table differ at all, and the critical difference "
        "of their average ranks.",
        make=friedman.make,
        section=_TESTS_AND_SPREAD,
        options=("alpha",),
    ),
    Product(
        name="mean_scores",
        title="Mean test scores",
        caption="Mean test scores with their standard deviation over seeds.",
        make=mean_scores.make,
        section=_TESTS_AND_SPREAD,
    ),
    Product(
        name="coverage",
        title="Coverage",
        caption="Cells of each method by status, and its average rank with missing scores ranked last and "
        "left out.",
        make=coverage.make,
        section=_TESTS_AND_SPREAD,
    ),
    Product(
        name="search_summary",
        title="What searches went through",
        caption="What each strategy's searches selected, when, and how far their policies came. The test "
        "scores are known only after a search; they decide nothing.",
        make=search_summary.make,
        section=_TESTS_AND_SPREAD,
        reads=("learning_curves",),
    ),
    Product(
        name="figure4",
        title="Figure 4: by classifier and ratio",
        caption="Average ranks by base classifier (left) and by imbalance ratio (right), lower is better "
        "(Figure 4 of the paper).",
        make=figure4.plot,
        section=_FIGURES,
    ),
    Product(
        name="figure5",
        title="Figure 5: learning curves of the ablations",
        caption="Best validation score found so far by iteration, of AutoSMOTE and its ablations (Figure 5 "
        "of the paper). Merging training and validation sets is left out, because it is scored on "
        "rows that it was trained on.",
        make=figure5.plot,
        section=_FIGURES,
        reads=("learning_curves",),
        needs=ABLATION,
    ),
    Product(
        name="figure6",
        title="Figure 6: hyperparameters",
        caption="Mean test and validation score of AutoSMOTE by the value of each hyperparameter, the "
        "others staying as they are (Figure 6 of the paper).",
        make=figure6.plot,
        section=_FIGURES,
        reads=("hyperparameters",),
    ),
    Product(
        name="figure7",
        title="Figure 7: case study",
        caption="Training rows, synthetic rows and the decision region of the minority on a data set with "
        "two columns (Figure 7 of the paper).",
        make=figure7.plot,
        section=_FIGURES,
        reads=("case_study",),
    ),
    Product(
        name="ranks",
        title="Average ranks",
        caption="Overall average rank of every method of Table 2, lower is better.",
        make=ranks.plot,
        section=_FIGURES,
    ),
    Product(
        name="ranks_in_place",
        title="Average ranks, beyond the paper",
        caption="Overall average rank of every method of Table 2, lower is better. Hollow and in italics: "
        "methods beyond the paper that were run in all of its configurations, each by itself in AutoSMOTE's "
        "place.",
        make=ranks.plot_in_place,
        section=_FIGURES,
        needs=EXTENSION,
    ),
    Product(
        name="critical_difference_table2",
        title="Critical difference, Table 2",
        caption="Average ranks of the methods of Table 2. A bar joins methods that do not differ "
        "significantly (Nemenyi's test); one joins all where Friedman's test finds no difference "
        "at all, or is not made for want of methods or configurations.",
        make=critical_difference.plot_table2,
        section=_FIGURES,
        options=("alpha",),
    ),
    Product(
        name="critical_difference_table4",
        title="Critical difference, Table 4",
        caption="Average ranks of AutoSMOTE and its ablations. A bar joins those that do not differ "
        "significantly (Nemenyi's test); one joins all where Friedman's test finds no difference "
        "at all, or is not made for want of methods or configurations.",
        make=critical_difference.plot_table4,
        section=_FIGURES,
        needs=ABLATION,
        options=("alpha",),
    ),
    Product(
        name="search_curves",
        title="Learning curves of the searches",
        caption="Best validation score found so far by iteration of the AutoSMOTE searches.",
        make=search_curves.plot,
        section=_FIGURES,
        reads=("learning_curves",),
        needs=AUTO_SAMPLING,
    ),
    Product(
        name="reward",
        title="Reward by iteration",
        caption="Mean reward of each round of iterations, less that of the first two rounds, which act "
        "with untaught policies: the mean over imbalance ratios, metrics and seeds, and their "
        "middle half. Where random search is shown, it tells what is noise.",
        make=diagnostics.plot_reward,
        section=_FIGURES,
        reads=("learning_curves",),
        needs=AUTO_SAMPLING,
    ),
    Product(
        name="selection",
        title="Validation and test score of what was selected",
        caption="Validation score of the best samples so far, and what these score on the test split, "
        "which was looked at after the search; the mean over imbalance ratios, metrics and seeds. "
        "How the gap grows is what choosing the best of many scores on few validation rows costs; "
        "its level is also a difference between the two splits.",
        make=diagnostics.plot_selection,
        section=_FIGURES,
        reads=("learning_curves",),
        needs=AUTO_SAMPLING,
    ),
    Product(
        name="entropy",
        title="Entropy of the policies",
        caption="Entropy of AutoSMOTE's policies by round, relative to their first update: 1 is a policy "
        "that has come to prefer nothing yet.",
        make=diagnostics.plot_entropy,
        section=_FIGURES,
        reads=("learning_curves",),
        needs=AUTO_SAMPLING,
    ),
    Product(
        name="fits",
        title="Test scores by number of fits",
        caption="What the incumbents of each strategy score on the test set and on the large test set, by "
        "the number of classifier fits: the mean over the cells that all strategies have searched, and its "
        "standard error. The search knows neither.",
        make=fits.plot,
        section=_FIGURES,
        reads=("learning_curves",),
    ),
    Product(
        name="anytime",
        title="Rank by number of iterations",
        caption="Average rank that the searches would have had among the methods of Table 2, had they been "
        "stopped earlier. Most of these choose among desired ratios by the validation rows; at the "
        "upright line a search has as many scores to choose from as there are ratios.",
        make=anytime.plot,
        section=_FIGURES,
        reads=("scores", "learning_curves"),
        needs=AUTO_SAMPLING,
        options=("target_ratios",),
    ),
)

_VIEWS = {
    "large_test": (
        "large test set",
        "The test score is that of the majority test rows and all unused minority rows, at the class ratio "
        "of the test split.",
    ),
    "refit": ("refitted", "What each method chose is refitted on training and validation rows together."),
    "refit_large_test": (
        "refitted, large test set",
        "What each method chose is refitted on training and validation rows together. The test score is that "
        "of the majority test rows and all unused minority rows, at the class ratio of the test split.",
    ),
}
# The paper's own numbers have one test score, and coverage has none.
_WITHOUT_VIEWS = ("coverage", "table2_beside_paper", "table3_beside_paper", "table4_beside_paper")
# A search that learns no policies cannot be refitted, so AutoSMOTE is in none of these.
_OF_REFITTED = ("policy_search", "in_place", "friedman", "mean_scores")


def _views() -> Iterator[Product]:
    """Every table and figure of ranks and tests again, on each of the other scores; a page has them all."""
    for view, (words, caption) in _VIEWS.items():
        for product in _PRODUCTS:
            if product.reads != ("scores",) or product.name in _WITHOUT_VIEWS or product.kind == "page":
                continue
            if view == "large_test" or product.name in _OF_REFITTED:
                yield replace(
                    product,
                    name=f"{product.name}_{view}",
                    title=f"{product.title}, {words}",
                    caption=f"{product.caption} {caption}",
                    section=words.capitalize(),
                    reads=(view,),
                )


PRODUCTS = {product.name: product for product in (*_PRODUCTS, *_views())}
"""The tables, figures and pages by name, in the order in which they are made and listed."""


def available(sources: Mapping[str, Collection[str]]) -> list[Product]:
    """Return the tables, figures and pages that can be made.

    Parameters
    ----------
    sources : mapping of str to collection of str
        What there is to read (keys of `autosmote.report.product.SOURCES`), with the categories of the methods
        in it.

    Returns
    -------
    list of Product
    """
    return [
        product
        for product in PRODUCTS.values()
        if all(name in sources and product.needs in (None, *sources[name]) for name in product.reads)
    ]
