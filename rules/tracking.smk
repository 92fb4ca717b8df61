# Records in MLflow. The jobs write files only; these are copied into the store.


rule tracking:
    """The results in MLflow, brought up to date."""
    input:
        scores=SCORES,
        tables=TABLES,
        figures=FIGURES,
        # What the methods' data sets are.
        facts=cells(DATA_FACTS),
        # In the score table already, but for the curves.
        searches=searches(SEARCH),
        histories=searches(SEARCH_HISTORY),
        grid_searches=grid_searches(GRID_SEARCH),
        grid_histories=grid_searches(GRID_HISTORY),
        case_study=[CASE_STUDY_FACTS] if CASE_STUDY else [],
    # The store itself is no output: Snakemake deletes outputs before it makes them again.
    output:
        report=TRACKED,
    log:
        f"{LOGS}/tracking/tracking.log",
    benchmark:
        f"{BENCHMARKS}/tracking/tracking.tsv"
    # On a cluster too, where Snakemake runs: one machine alone opens the store, and nodes may have no way to a server.
    localrule: True
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
        mlflow=1,
    params:
        study=STUDY.name,
        tracking_uri=config["mlflow"]["tracking_uri"],
        code=code(
            "tracking.py",
            "autosmote.tracking",
            # The ranks
            "autosmote.analysis.coverage",
            "autosmote.analysis.methods",
            "autosmote.analysis.ranks",
        ),
    script:
        "../workflow/scripts/tracking.py"


# What a failed run did finish is worth a record too.
onerror:
    sync_records()
