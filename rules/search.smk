# Searches for the synthetic samples that serve a classifier and a metric best.


SETTINGS = that_change_results(config["search"], SECTIONS["search"])


rule searches:
    """The results of all searches."""
    input:
        searches(SEARCH),


rule search:
    """One search, with its learning curve and its best samples."""
    input:
        task=TASK,
    output:
        result=SEARCH,
        history=SEARCH_HISTORY,
        selections=SEARCH_SELECTIONS,
        samples=SEARCH_SAMPLES,
    log:
        f"{LOGS}/search/{SEARCH_ID}.log",
    benchmark:
        f"{BENCHMARKS}/search/{SEARCH_ID}.tsv"
    conda:
        "../envs/autosmote.yaml"
    # The actors. Neither their number nor the evaluator is a param: the result depends on neither.
    threads: lambda wildcards: 1 if single_process(wildcards) else config["search"]["actors"]
    resources:
        **demand(
            "search",
            mb_per_thread=config["resources"]["search"]["mem_mb_per_actor"],
            goes_on=True,
        )
        | {
            "gpu": lambda wildcards: (
                0
                if single_process(wildcards)
                else config["resources"]["search"]["gpu"]
            )
        },
    params:
        settings=SETTINGS,
        code=lambda wildcards: [
            code("search.py"),
            dependencies.search(
                wildcards.strategy, wildcards.classifier, wildcards.metric
            ),
        ],
    script:
        "../workflow/scripts/search.py"
