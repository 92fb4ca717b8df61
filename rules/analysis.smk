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
        **demand("analysis"),
    params:
        code=code("scores.py", "autosmote.analysis.scores"),
    script:
        "../workflow/scripts/scores.py"


rule courses:
    """One row per iteration of every search: what the figures over iterations read."""
    input:
        cells(COURSES),


rule collect_courses:
    """The courses of the searches on one data set."""
    input:
        results=of_dataset(SEARCH),
        histories=of_dataset(SEARCH_HISTORY),
        selections=of_dataset(SEARCH_SELECTIONS),
    output:
        courses=COURSES,
    log:
        f"{LOGS}/collect_courses/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/collect_courses/{{dataset}}.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        code=code("courses.py", "autosmote.analysis.learning_curves"),
    script:
        "../workflow/scripts/courses.py"


rule tables:
    """All tables as CSV, Markdown and LaTeX."""
    input:
        TABLES,


rule table1:
    """Table 1, the data sets, also beside the paper's; needs the data only."""
    input:
        data=cells(DATA),
        facts=cells(DATA_FACTS),
    output:
        **table_files("table1", "Table 1: data sets"),
        **table_files("table1_beside_paper", "Table 1", "Beside the paper"),
    log:
        f"{LOGS}/table1/table1.log",
    benchmark:
        f"{BENCHMARKS}/table1/table1.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        imbalance_ratios=STUDY.imbalance_ratios,
        task={key: config["task"][key] for key in ("undersample", "validation", "test")},
        domains=[config["datasets"][name].get("domain", "") for name in STUDY.datasets],
        code=code(
            "table1.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.datasets.preprocessing",
            "autosmote.datasets.tasks",
        ),
    script:
        "../workflow/scripts/table1.py"


rule table2:
    """Table 2, average ranks of the methods per data set, with AutoSMOTE's significance."""
    input:
        scores=SCORES,
    output:
        **table_files("table2", "Table 2: all methods"),
        **table_files("table2_beside_paper", "Table 2", "Beside the paper"),
    log:
        f"{LOGS}/table2/table2.log",
    benchmark:
        f"{BENCHMARKS}/table2/table2.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        pairs=config["analysis"]["wilcoxon_pairs"],
        alpha=config["analysis"]["alpha"],
        code=code(
            "from_scores.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
        ),
    script:
        "../workflow/scripts/from_scores.py"


rule table3:
    """Table 3, AutoSMOTE among the SMOTE variants."""
    input:
        scores=SCORES,
    output:
        **table_files("table3", "Table 3: SMOTE variants"),
        **table_files("table3_beside_paper", "Table 3", "Beside the paper"),
    log:
        f"{LOGS}/table3/table3.log",
    benchmark:
        f"{BENCHMARKS}/table3/table3.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        pairs=config["analysis"]["wilcoxon_pairs"],
        alpha=config["analysis"]["alpha"],
        code=code(
            "from_scores.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
        ),
    script:
        "../workflow/scripts/from_scores.py"


rule table4:
    """Table 4, AutoSMOTE and its ablations."""
    input:
        scores=SCORES,
    output:
        **table_files("table4", "Table 4: ablations"),
        **table_files("table4_beside_paper", "Table 4", "Beside the paper"),
    log:
        f"{LOGS}/table4/table4.log",
    benchmark:
        f"{BENCHMARKS}/table4/table4.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        pairs=config["analysis"]["wilcoxon_pairs"],
        alpha=config["analysis"]["alpha"],
        code=code(
            "from_scores.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
        ),
    script:
        "../workflow/scripts/from_scores.py"


rule extensions:
    """AutoSMOTE against methods beyond the paper."""
    input:
        scores=SCORES,
    output:
        **table_files("extensions", "Beyond the paper"),
    log:
        f"{LOGS}/extensions/extensions.log",
    benchmark:
        f"{BENCHMARKS}/extensions/extensions.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        pairs=config["analysis"]["wilcoxon_pairs"],
        alpha=config["analysis"]["alpha"],
        code=code(
            "from_scores.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
        ),
    script:
        "../workflow/scripts/from_scores.py"


rule statistics:
    """Effect sizes, Friedman's test, mean scores with their spread, and how complete all is."""
    input:
        scores=SCORES,
    output:
        **table_files("comparisons", "AutoSMOTE against each", "Tests and spread"),
        **table_files("friedman", "Friedman's test", "Tests and spread"),
        **table_files("mean_scores", "Mean test scores", "Tests and spread"),
        **table_files("coverage", "Coverage", "Tests and spread"),
    log:
        f"{LOGS}/statistics/statistics.log",
    benchmark:
        f"{BENCHMARKS}/statistics/statistics.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        pairs=config["analysis"]["wilcoxon_pairs"],
        alpha=config["analysis"]["alpha"],
        code=code(
            "from_scores.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
        ),
    script:
        "../workflow/scripts/from_scores.py"
