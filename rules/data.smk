# Data sets, and their split into training, validation and test rows.

# Where the file of a data set is missing, Snakemake goes on with what an earlier run has made, be it of another file.
# An object store holds its inputs itself, and a job may run where only its own inputs are.
if workflow.is_main_process and not workflow.storage_settings.default_storage_provider:
    missing_files = {
        name: path
        for name in NAMES["dataset"]
        if (path := STUDY.sources[name].get("path"))
        and not Path(path).expanduser().exists()
    }
    if missing_files:
        raise WorkflowError(
            *(
                f"datasets.{name}.path: there is no file {path!r}; correct the path"
                for name, path in missing_files.items()
            )
        )


rule data:
    """The data sets, fetched and checked."""
    input:
        cells(DATA),


rule tasks:
    """The training, validation and test rows of every data set, imbalance ratio and seed."""
    input:
        cells(TASK),


rule fetch:
    """One data set from its source."""
    input:
        file=local_file,
    output:
        data=DATA,
        facts=DATA_FACTS,
    log:
        f"{LOGS}/fetch/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/fetch/{{dataset}}.tsv"
    # Nodes of a cluster often have no way to the network.
    localrule: True
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("fetch"),
    params:
        source=lambda wildcards: {
            key: value
            for key, value in STUDY.sources[wildcards.dataset].items()
            if key != "domain"
        },
        code=code("fetch.py", *dependencies.FETCH),
    script:
        "../workflow/scripts/fetch.py"


rule split:
    """One data set under-sampled to an imbalance ratio and split."""
    input:
        data=DATA,
        facts=DATA_FACTS,
    output:
        task=TASK,
    log:
        f"{LOGS}/split/{TASK_ID}.log",
    benchmark:
        f"{BENCHMARKS}/split/{TASK_ID}.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("split"),
    params:
        task=config["task"],
        code=code("split.py", *dependencies.SPLIT),
    script:
        "../workflow/scripts/split.py"
