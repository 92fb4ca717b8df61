# What the rules share: the checked study, the names of the files, and the digest of the code behind a result.
import re
import subprocess
import sys
from functools import cache

from snakemake.exceptions import WorkflowError

from autosmote.analysis.scores import VIEWS
from autosmote.datasets.tasks import NATURAL
from autosmote.report.catalogue import PRODUCTS, available
from autosmote.utils.provenance import source_digest
from autosmote.search.setting_fields import that_change_results
from autosmote.study import dependencies, layout, strategies
from autosmote.study.config import SECTIONS, ConfigError, Study

with open(ROOT / "workflow" / "schemas" / "config.schema.yaml") as file:
    SCHEMA = yaml.safe_load(file)

try:
    STUDY = Study.from_config(config, SCHEMA)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

RESULTS = str(Path(config["results"]).expanduser())


def place(path):
    """A path of the study's layout, below the folder of its results."""
    return f"{RESULTS}/{path}"


LOGS = place(layout.LOGS)
BENCHMARKS = place(layout.BENCHMARKS)

# The digest of a method's code is the same on every task.
search_code, baseline_code = cache(dependencies.search), cache(dependencies.baseline)

# Parts of the names of files
TASK_ID, BASELINE_ID, SEARCH_ID, GRID_ID = (
    layout.TASK_ID,
    layout.BASELINE_ID,
    layout.SEARCH_ID,
    layout.GRID_ID,
)

DATA = place(layout.DATA)
DATA_FACTS = place(layout.DATA_FACTS)
TASK = place(layout.TASK)
BASELINE = place(layout.BASELINE)
SEARCH = place(f"{layout.SEARCH}/{layout.RESULT}")
SEARCH_HISTORY = place(f"{layout.SEARCH}/{layout.HISTORY}")
SEARCH_SELECTIONS = place(f"{layout.SEARCH}/{layout.SELECTIONS}")
SEARCH_SAMPLES = place(f"{layout.SEARCH}/{layout.SAMPLES}")
SCORES = place(layout.SCORES)
LEARNING_CURVES = place(layout.LEARNING_CURVES)
GRID_SEARCH = place(f"{layout.GRID_SEARCH}/{layout.RESULT}")
GRID_HISTORY = place(f"{layout.GRID_SEARCH}/{layout.HISTORY}")
GRID_SELECTIONS = place(f"{layout.GRID_SEARCH}/{layout.SELECTIONS}")
GRID_SAMPLES = place(f"{layout.GRID_SEARCH}/{layout.SAMPLES}")
GRID_SCORES = place(layout.GRID_SCORES)
CASE_STUDY = config["case_study"]["dataset"]
CASE_STUDY_ROWS = place(layout.CASE_STUDY_ROWS)
CASE_STUDY_FACTS = place(layout.CASE_STUDY_FACTS)
TRACKED = place(layout.TRACKED)
ARCHIVE = place(layout.ARCHIVE.format(study=STUDY.name))


# Without under-sampling no rows are left over for a large test set.
SHOWN_VIEWS = [
    name
    for name in VIEWS
    if (config["study"]["refit"] or not name.startswith("refit"))
    and (NATURAL not in STUDY.imbalance_ratios or not name.endswith("large_test"))
]

# The tables and figures that can be made of what the study has, each source with the categories of its methods.
AVAILABLE = available(
    {
        "datasets": (),
        "scores": STUDY.categories,
        **dict.fromkeys(SHOWN_VIEWS, STUDY.categories),
        "learning_curves": {strategies.get(name).category for name in STUDY.searches},
        **({"hyperparameters": ()} if all(STUDY.hyperparameter_cells.values()) else {}),
        **({"case_study": ()} if CASE_STUDY else {}),
    }
)
TABLES, FIGURES, PAGES = (
    [
        str(file)
        for product in AVAILABLE
        if product.kind == kind
        for file in product.files(RESULTS).values()
    ]
    for kind in ("table", "figure", "page")
)

CELLS = {
    "dataset": STUDY.datasets,
    "imbalance_ratio": STUDY.imbalance_ratios,
    "seed": STUDY.seeds,
    "bundle": STUDY.bundles,
    "strategy": STUDY.searches,
    "classifier": STUDY.classifiers,
    "metric": STUDY.metrics,
}
# The classifiers and metrics of a search job, by the end of its rule's name. Where each has a job of its own, they are
# the wildcards of one rule; otherwise there is a rule for each batch.
BATCHES = (
    {"": [("{classifier}", "{metric}")]}
    if config["jobs"]["batch"] == 1
    else {f"_{name}": pairs for name, pairs in STUDY.batches.items()}
)

# The settings that the searches of the hyperparameter study change, by their name.
CHANGED = STUDY.hyperparameters.searches()
NAMES = CELLS | {
    "dataset": [*STUDY.datasets, *([CASE_STUDY] if CASE_STUDY else [])],
    "changed": CHANGED,
}


wildcard_constraints:
    **{
        name: "|".join(re.escape(str(value)) for value in values)
        for name, values in NAMES.items()
    },


def cells(pattern):
    """The files of all cells of the study, for a pattern with its names."""
    return expand(pattern, **CELLS)


def searches(pattern, datasets=STUDY.datasets):
    """The files of all searches on these data sets, for a pattern with its names."""
    return [
        file
        for name in STUDY.searches
        for dataset in STUDY.searches[name]
        if dataset in datasets
        for file in expand(pattern, **CELLS | {"strategy": name, "dataset": dataset})
    ]


def of_batch(pattern, pairs):
    """The files of a search job, for a pattern of one search."""
    return [
        pattern.replace("{classifier}", classifier).replace("{metric}", metric)
        for classifier, metric in pairs
    ]


def batch_id(kind, cell_id, batch):
    """The name of a search job's log: that of its search, or of its batch. `kind` is the wildcard of the cell."""
    return (
        f"{{{kind}}}/{layout.BATCH_ID.replace('{batch}', batch.lstrip('_'))}"
        if batch
        else cell_id
    )


def batch_cells(pairs):
    """The classifiers and metrics of a search job, as a param."""
    return lambda wildcards: [
        [name.format(**wildcards) for name in pair] for pair in pairs
    ]


def batch_code(pairs, strategy):
    """Digest of the code of a search job, as a param; the strategy is a wildcard or a name."""
    return lambda wildcards: [
        code("search.py"),
        *(
            search_code(*(name.format(**wildcards) for name in (strategy, *pair)))
            for pair in pairs
        ),
    ]


def of_dataset(pattern):
    """The files of all searches on a rule's data set, for a pattern with its names."""
    return lambda wildcards: searches(pattern, datasets=[wildcards.dataset])


def grid_searches(pattern):
    """The files of all searches of the hyperparameter study, for a pattern with its names."""
    return expand(pattern, **CELLS | {"changed": CHANGED, **STUDY.hyperparameter_cells})


def case_study_data(pattern):
    """The file of the case study's data set, for a pattern with its name."""

    def file(wildcards):
        if CASE_STUDY is None:
            raise WorkflowError("case_study.dataset is null; name a data set to draw")
        return pattern.format(dataset=CASE_STUDY)

    return file


def drawn_searches(pattern):
    """The files of the searches whose samples can be browsed: the main ones, on the first seed."""
    return [
        file
        for name in strategies.CASE_STUDY_SEARCHES
        if name in STUDY.searches
        for dataset in STUDY.searches[name]
        for file in expand(
            pattern,
            **CELLS | {"strategy": name, "dataset": dataset, "seed": STUDY.seeds[:1]},
        )
    ]


def searched(category):
    """The learning curves of the data sets with searches of a category, or with any."""
    found = {
        dataset
        for name, datasets in STUDY.searches.items()
        if category in (None, strategies.get(name).category)
        for dataset in datasets
    }
    # In the order of the study, which is that of the panels.
    datasets = [dataset for dataset in STUDY.datasets if dataset in found]
    return expand(LEARNING_CURVES, dataset=datasets)


# The files of each source of tables, figures and pages. A product needs the learning curves of some data sets only.
SOURCES = {
    "datasets": {"data": cells(DATA), "facts": cells(DATA_FACTS)},
    **dict.fromkeys(["scores", *VIEWS], {"scores": SCORES}),
    "hyperparameters": {"hyperparameters": GRID_SCORES},
    "case_study": {"rows": CASE_STUDY_ROWS, "facts": CASE_STUDY_FACTS},
    "samples": {
        "results": drawn_searches(SEARCH),
        "samples": drawn_searches(SEARCH_SAMPLES),
        "tasks": drawn_searches(TASK),
    },
}


def product_inputs(product):
    """The files that a table, figure or page is made from."""
    of_source = SOURCES | {
        "learning_curves": {"learning_curves": searched(product.needs)}
    }
    return {
        name: files
        for source in (*product.reads, *product.may_read)
        for name, files in of_source[source].items()
    }


def product_outputs(product):
    """The files of a table, figure or page; the first goes into Snakemake's report, if it has a section there."""
    files = {suffix: str(path) for suffix, path in product.files(RESULTS).items()}
    if product.section is None:
        return files
    shown = next(iter(files))
    files[shown] = report(
        files[shown],
        caption="../workflow/report/product.rst",
        category=product.section,
        labels={product.kind: product.title},
    )
    return files


def product_params(product):
    """What a table, figure or page depends on beside its files, and its caption."""
    options = {
        "pairs": config["analysis"]["wilcoxon_pairs"],
        "alpha": config["analysis"]["alpha"],
        "target_ratios": len(STUDY.ratios),
    }
    of_datasets = {
        "imbalance_ratios": STUDY.imbalance_ratios,
        "task": {
            key: config["task"][key] for key in ("undersample", "validation", "test")
        },
        "domains": [STUDY.sources[name].get("domain", "") for name in STUDY.datasets],
    }
    return {
        "caption": product.caption,
        "function": product.function,
        "options": {name: options[name] for name in product.options},
        **(of_datasets if "datasets" in product.reads else {}),
    }


def code(script, *modules):
    """Digest of a rule's script and the modules that its result depends on.

    As a param, it makes a job run again when that code has changed.
    """
    return source_digest(ROOT / "workflow" / "scripts" / script, *modules)


def describe(rule, text):
    """Give a rule what `snakemake --list-target-rules` shows; a docstring cannot be computed."""
    # In a module the rule may have another name, or be left out.
    name = workflow.modifier.modify_rulename(rule)
    if workflow.is_rule(name):
        workflow.get_rule(name).docstring = text


def demand(rule, mb_per_thread=0, goes_on=False, parts=1):
    """The resources of a rule, of which memory and time grow with each attempt (`retries` of a profile).

    A job of several parts, one after the other, asks for as much more time.

    What ended the last attempt may have been their lack. A job that goes on where the last attempt was
    ended needs no more time.
    """
    asked = config["resources"][rule]

    def mem_mb(wildcards, attempt, threads):
        return attempt * (asked["mem_mb"] + threads * mb_per_thread)

    def runtime(wildcards, attempt):
        return parts * asked["runtime"] * (1 if goes_on else attempt)

    further = {key: value for key, value in asked.items() if key == "gpu"}
    return further | {"mem_mb": mem_mb, "runtime": runtime}


def single_process(wildcards):
    """Whether a strategy has no use for actors and a GPU."""
    return strategies.get(wildcards.strategy).single_process


def local_file(wildcards):
    """The file that a data set is read from, if it is one."""
    path = STUDY.sources[wildcards.dataset].get("path")
    return str(Path(path).expanduser()) if path else []


def sync_records():
    """Bring the MLflow store up to date outside of a job; a failure is reported and changes nothing else."""
    command = [
        sys.executable,
        "-m",
        "autosmote.tracking",
        "--results",
        RESULTS,
        "--study",
        STUDY.name,
    ]
    if config["mlflow"]["tracking_uri"]:
        command += ["--tracking-uri", config["mlflow"]["tracking_uri"]]
    subprocess.run(command, check=False)
