# What the paper studies apart from its comparison of methods: the hyperparameters of the search, and one small case.


rule hyperparameter_searches:
    """The results of all searches of the hyperparameter study."""
    input:
        grid_searches(GRID_SEARCH),


for batch, pairs in BATCHES.items():

    rule:
        name:
            f"hyperparameter_search{batch}"
        input:
            task=TASK,
        output:
            result=of_batch(GRID_SEARCH, pairs),
            history=of_batch(GRID_HISTORY, pairs),
            selections=of_batch(GRID_SELECTIONS, pairs),
            samples=of_batch(GRID_SAMPLES, pairs),
        log:
            f"{LOGS}/hyperparameter_search/{batch_id('changed', GRID_ID, batch)}.log",
        benchmark:
            f"{BENCHMARKS}/hyperparameter_search/{batch_id('changed', GRID_ID, batch)}.tsv"
        conda:
            "../envs/autosmote.yaml"
        threads: config["search"]["actors"]
        resources:
            **demand(
                "search",
                mb_per_thread=config["resources"]["search"]["mem_mb_per_actor"],
                goes_on=True,
                parts=len(pairs),
            ),
        params:
            cells=batch_cells(pairs),
            settings=lambda wildcards: SETTINGS | CHANGED[wildcards.changed],
            code=batch_code(pairs, "autosmote"),
        script:
            "../workflow/scripts/search.py"

    describe(
        f"hyperparameter_search{batch}",
        "AutoSMOTE searches on one task with one setting changed.",
    )


rule hyperparameter_scores:
    """The table of the hyperparameter study, one row per search and setting."""
    input:
        results=grid_searches(GRID_SEARCH),
    output:
        scores=GRID_SCORES,
    log:
        f"{LOGS}/hyperparameter_scores/hyperparameter_scores.log",
    benchmark:
        f"{BENCHMARKS}/hyperparameter_scores/hyperparameter_scores.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        grids=config["hyperparameters"]["grids"],
        settings=SETTINGS,
        code=code(
            "hyperparameter_scores.py",
            "autosmote.analysis.scores",
            "autosmote.study.hyperparameters",
        ),
    script:
        "../workflow/scripts/hyperparameter_scores.py"


rule case_study:
    """What each method makes of the data set of the case study."""
    input:
        data=case_study_data(DATA),
        facts=case_study_data(DATA_FACTS),
    output:
        rows=CASE_STUDY_ROWS,
        facts=CASE_STUDY_FACTS,
    log:
        f"{LOGS}/case_study/case_study.log",
    benchmark:
        f"{BENCHMARKS}/case_study/case_study.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("baseline"),
    params:
        case={
            key: value
            for key, value in config["case_study"].items()
            if key != "dataset"
        },
        ratios=STUDY.ratios,
        search=SETTINGS,
        task=config["task"],
        methods={
            name: settings
            for name, settings in config["methods"].items()
            if name in config["case_study"]["samplers"]
        },
        code=[
            code("case_study.py"),
            dependencies.case_study(
                config["case_study"]["samplers"],
                config["case_study"]["classifier"],
                config["case_study"]["metric"],
            ),
        ],
    script:
        "../workflow/scripts/case_study.py"
