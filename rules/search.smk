# Searches for the synthetic samples that serve a classifier and a metric best.


rule searches:
    """The results of all searches."""
    input:
        cells(SEARCH),


rule search:
    """One search, with its course and its best samples."""
    input:
        task=TASK,
    output:
        result=SEARCH,
        history=SEARCH_HISTORY,
        samples=SEARCH_SAMPLES,
    log:
        f"{LOGS}/search/{SEARCH_ID}.log",
    benchmark:
        f"{BENCHMARKS}/search/{SEARCH_ID}.tsv"
    conda:
        "../envs/autosmote.yaml"
    # The actors. Their number is no param, because the result does not depend on it.
    threads: config["search"]["actors"]
    resources:
        **config["resources"]["search"],
    params:
        settings={
            key: value for key, value in config["search"].items() if key != "actors"
        },
        code=code("search.py", "autosmote.search", "autosmote.evaluation"),
    script:
        "../workflow/scripts/search.py"
