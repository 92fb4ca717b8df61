# What the rules share: the checked study, the names of the files, and the digest of the code behind a result.
import re
import subprocess
import sys

import yaml
from snakemake.exceptions import WorkflowError

from autosmote.report import products
from autosmote.analysis.methods import ABLATION
from autosmote.utils.provenance import source_digest
from autosmote.search.setting_fields import that_change_results
from autosmote.study import dependencies, layout, strategies
from autosmote.study.config import SECTIONS, ConfigError, Study

with open(Path(workflow.basedir, "workflow", "schemas", "config.schema.yaml")) as file:
    SCHEMA = yaml.safe_load(file)

try:
    STUDY = Study.from_config(config, SCHEMA)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

RESULTS = config["results"].rstrip("/")


def place(path):
    """A path of the study's layout, below the folder of its results."""
    return f"{RESULTS}/{path}"


LOGS = place(layout.LOGS)
BENCHMARKS = place(layout.BENCHMARKS)

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
COURSES = place(layout.COURSES)
GRID_SEARCH = place(f"{layout.GRID_SEARCH}/{layout.RESULT}")
GRID_HISTORY = place(f"{layout.GRID_SEARCH}/{layout.HISTORY}")
GRID_SELECTIONS = place(f"{layout.GRID_SEARCH}/{layout.SELECTIONS}")
GRID_SAMPLES = place(f"{layout.GRID_SEARCH}/{layout.SAMPLES}")
GRID_SCORES = place(layout.GRID_SCORES)
CASE_STUDY = config["case_study"]["dataset"]
CASE_STUDY_ROWS = place(layout.CASE_STUDY_ROWS)
CASE_STUDY_FACTS = place(layout.CASE_STUDY_FACTS)
TRACKED = place(layout.TRACKED)


def configured(kind):
    """Names of the tables or figures from the score table that the study's methods give."""
    return [
        name
        for name, product in kind.items()
        if product.needs in (None, *STUDY.categories)
    ]


# The ablations, and the data sets that they are searched on.
ABLATIONS = [
    name for name in STUDY.searches if strategies.get(name).category == ABLATION
]
ABLATED = sorted({dataset for name in ABLATIONS for dataset in STUDY.searches[name]})

DIAGNOSTICS = ["reward", "selection", "entropy", "budget"]

TABLES = expand(
    f"{RESULTS}/tables/{{name}}.{{suffix}}",
    name=[
        "table1",
        "table1_beside_paper",
        *configured(products.TABLES),
        "search_summary",
    ],
    suffix=["html", "csv", "md", "tex"],
)
FIGURES = expand(
    f"{RESULTS}/figures/{{name}}.{{suffix}}",
    name=[
        "search_curves",
        *DIAGNOSTICS,
        *(["figure5"] if ABLATIONS else []),
        *(["figure6"] if all(STUDY.hyperparameter_cells.values()) else []),
        *(["figure7"] if CASE_STUDY else []),
        *configured(products.FIGURES),
    ],
    suffix=["png", "pdf"],
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


def table_files(name, title, category="Tables"):
    """The files of a table as the outputs of a rule; the page goes into the report."""
    stem = f"{RESULTS}/tables/{name}"
    page = report(
        f"{stem}.html",
        caption=f"../workflow/report/{name}.rst",
        category=category,
        labels={"table": title},
    )
    others = {suffix: f"{stem}.{suffix}" for suffix in ("csv", "md", "tex")}
    return {
        f"{name}_{suffix}": file for suffix, file in {"html": page, **others}.items()
    }


def figure_files(name, title):
    """The files of a figure as the outputs of a rule; the PNG goes into the report."""
    stem = f"{RESULTS}/figures/{name}"
    picture = report(
        f"{stem}.png",
        caption=f"../workflow/report/{name}.rst",
        category="Figures",
        labels={"figure": title},
    )
    return {f"{name}_png": picture, f"{name}_pdf": f"{stem}.pdf"}


def code(script, *modules):
    """Digest of a rule's script and the modules that its result depends on.

    As a param, it makes a job run again when that code has changed.
    """
    return source_digest(
        Path(workflow.basedir, "workflow", "scripts", script), *modules
    )


def demand(rule, mb_per_thread=0, goes_on=False):
    """The resources of a rule, of which memory and time grow with each attempt (`retries` of a profile).

    What ended the last attempt may have been their lack. A job that goes on where the last attempt was
    ended needs no more time.
    """
    asked = config["resources"][rule]

    def mem_mb(wildcards, attempt, threads):
        return attempt * (asked["mem_mb"] + threads * mb_per_thread)

    def runtime(wildcards, attempt):
        return asked["runtime"] * (1 if goes_on else attempt)

    further = {key: value for key, value in asked.items() if key == "gpu"}
    return further | {"mem_mb": mem_mb, "runtime": runtime}


def single_process(wildcards):
    """Whether a strategy has no use for actors and a GPU."""
    return strategies.get(wildcards.strategy).single_process


def local_file(wildcards):
    """The file that a data set is read from, if it is one."""
    return config["datasets"][wildcards.dataset].get("path", [])


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
