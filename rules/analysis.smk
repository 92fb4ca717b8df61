# The score table, and the tables made from it.


rule scores:
    """The score table, one row per result: the only thing that tables and figures read."""
    input:
        baselines=cells(BASELINE),
        searches=searches(SEARCH),
    output:
        scores=SCORES,
    log:
        f"{LOGS}/scores/scores.log",
    benchmark:
        f"{BENCHMARKS}/scores/scores.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **config["resources"]["analysis"],
    params:
        code=code("scores.py", "autosmote.analysis.scores"),
    script:
        "../workflow/scripts/scores.py"


rule tables:
    """All tables as CSV, Markdown and LaTeX."""
    input:
        TABLES,


rule table1:
    """Table 1, the data sets; needs the data only."""
    input:
        data=cells(DATA),
        facts=cells(DATA_FACTS),
    output:
        csv=report(
            f"{RESULTS}/tables/table1.csv",
            caption="../workflow/report/table1.rst",
            category="Tables",
        ),
        md=f"{RESULTS}/tables/table1.md",
        tex=f"{RESULTS}/tables/table1.tex",
    log:
        f"{LOGS}/table1/table1.log",
    benchmark:
        f"{BENCHMARKS}/table1/table1.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **config["resources"]["analysis"],
    params:
        imbalance_ratios=STUDY.imbalance_ratios,
        code=code(
            "table1.py",
            "autosmote.analysis.tables",
            "autosmote.datasets.preprocessing",
            "autosmote.datasets.tasks",
        ),
    script:
        "../workflow/scripts/table1.py"


rule table2:
    """Table 2, average ranks of the samplers per data set, with AutoSMOTE's significance."""
    input:
        scores=SCORES,
    output:
        csv=report(
            f"{RESULTS}/tables/table2.csv",
            caption="../workflow/report/table2.rst",
            category="Tables",
        ),
        md=f"{RESULTS}/tables/table2.md",
        tex=f"{RESULTS}/tables/table2.tex",
    log:
        f"{LOGS}/table2/table2.log",
    benchmark:
        f"{BENCHMARKS}/table2/table2.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **config["resources"]["analysis"],
    params:
        pairs=config["analysis"]["wilcoxon_pairs"],
        alpha=config["analysis"]["alpha"],
        code=code("table2.py", "autosmote.analysis"),
    script:
        "../workflow/scripts/table2.py"
