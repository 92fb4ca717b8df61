# Searches for the synthetic samples that serve a classifier and a metric best.


SETTINGS = that_change_results(config["search"], SECTIONS["search"])


rule searches:
    """The results of all searches."""
    input:
        searches(SEARCH),


for batch, pairs in BATCHES.items():

    rule:
        name:
            f"search{batch}"
        input:
            task=TASK,
        output:
            result=of_batch(SEARCH, pairs),
            history=of_batch(SEARCH_HISTORY, pairs),
            selections=of_batch(SEARCH_SELECTIONS, pairs),
            samples=of_batch(SEARCH_SAMPLES, pairs),
        log:
            f"{LOGS}/search/{batch_id('strategy', SEARCH_ID, batch)}.log",
        benchmark:
            f"{BENCHMARKS}/search/{batch_id('strategy', SEARCH_ID, batch)}.tsv"
        conda:
            "../envs/autosmote.yaml"
        # The actors. Neither their number nor the evaluator is a param: the result depends on neither.
        threads: lambda wildcards: 1 if single_process(wildcards) else config["search"]["actors"]
        resources:
            **demand(
                "search",
                mb_per_thread=config["resources"]["search"]["mem_mb_per_actor"],
                goes_on=True,
                parts=len(pairs),
            )
            | {
                "gpu": lambda wildcards: (
                    0
                    if single_process(wildcards)
                    else config["resources"]["search"]["gpu"]
                )
            },
        params:
            cells=batch_cells(pairs),
            settings=SETTINGS,
            code=batch_code(pairs, "{strategy}"),
        script:
            "../workflow/scripts/search.py"

    describe(
        f"search{batch}",
        "Searches on one task, each with its learning curve and its best samples.",
    )
