# The score table, the learning curves, and the tables and figures made from them.


rule scores:
    """The score table, one row per result: what most tables and figures read."""
    input:
        baselines=cells(BASELINE),
        searches=searches(SEARCH),
        facts=cells(DATA_FACTS),
    output:
        scores=SCORES,
    log:
        f"{LOGS}/scores/scores.log",
    benchmark:
        f"{BENCHMARKS}/scores/scores.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        settings=STUDY.settings,
        code=code(
            "scores.py", "autosmote.analysis.joining", "autosmote.analysis.scores"
        ),
    script:
        "../workflow/scripts/scores.py"


rule learning_curves:
    """One row per iteration of every search: what the figures over iterations read."""
    input:
        cells(LEARNING_CURVES),


rule collect_learning_curves:
    """The learning curves of the searches on one data set."""
    input:
        results=of_dataset(SEARCH),
        histories=of_dataset(SEARCH_HISTORY),
        selections=of_dataset(SEARCH_SELECTIONS),
    output:
        learning_curves=LEARNING_CURVES,
    log:
        f"{LOGS}/collect_learning_curves/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/collect_learning_curves/{{dataset}}.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        code=code("learning_curves.py", "autosmote.analysis.learning_curves"),
    script:
        "../workflow/scripts/learning_curves.py"


rule tables:
    """All tables as CSV, Markdown, LaTeX and HTML."""
    input:
        TABLES,


rule figures:
    """All figures as PNG and PDF."""
    input:
        FIGURES,


for product in PRODUCTS.values():

    rule:
        name:
            product.name
        input:
            **product_inputs(product),
        output:
            **product_outputs(product),
        log:
            f"{LOGS}/{product.name}/{product.name}.log",
        benchmark:
            f"{BENCHMARKS}/{product.name}/{product.name}.tsv"
        conda:
            "../envs/autosmote.yaml"
        resources:
            **demand("analysis"),
        params:
            **product_params(product),
            product=product.name,
            code=code("product.py", *product.modules),
        script:
            "../workflow/scripts/product.py"

    describe(product.name, product.title)
