"""Make a table, a figure or a page."""

from functools import partial
from pathlib import Path

from joblog import log_to

from autosmote.analysis.scores import VIEWS, view
from autosmote.report.catalogue import PRODUCTS
from autosmote.utils.storage import read_frame


# What few products read is imported where it is read: most of these jobs take no longer than their imports.
def _datasets():
    from autosmote.datasets.sources import load_dataset
    from autosmote.datasets.tasks import dataset_summary

    files = zip(snakemake.input.data, snakemake.input.facts, snakemake.params.domains, strict=True)
    return [
        dataset_summary(
            load_dataset(data, facts), snakemake.params.imbalance_ratios, domain, **snakemake.params.task
        )
        for data, facts, domain in files
    ]


def _learning_curves():
    from autosmote.analysis import learning_curves

    return learning_curves.load(snakemake.input.learning_curves)


def _view(name):
    return view(read_frame(snakemake.input.scores), name)


def _case_study():
    from autosmote.study.case_study import CaseStudy

    return CaseStudy.load(Path(snakemake.input.rows).with_suffix(""))


def _samples():
    from autosmote.study import search_samples

    return search_samples.collect(snakemake.input.results, snakemake.input.tasks)


READ = {
    "datasets": _datasets,
    "scores": lambda: read_frame(snakemake.input.scores),
    **{name: partial(_view, name) for name in VIEWS},
    "learning_curves": _learning_curves,
    "hyperparameters": lambda: read_frame(snakemake.input.hyperparameters),
    "case_study": _case_study,
    "samples": _samples,
}

log_to(snakemake.log[0])
product = PRODUCTS[snakemake.params.product]
# A study may have no searches.
further = [name for name in product.may_read if snakemake.input[name]]
sources = {name: READ[name]() for name in (*product.reads, *further)}
# Not the configured folder: with an object store the results are in a local copy.
product.write(sources, Path(snakemake.output[0]).parents[1], **snakemake.params.options)
