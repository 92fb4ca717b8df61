# Figures, each as PNG and PDF.


rule figures:
    """All figures as PNG and PDF."""
    input:
        FIGURES,


rule figure4:
    """Figure 4, average ranks by base classifier and by imbalance ratio."""
    input:
        scores=SCORES,
    output:
        **figure_files("figure4", "Figure 4: by classifier and ratio"),
    log:
        f"{LOGS}/figure4/figure4.log",
    benchmark:
        f"{BENCHMARKS}/figure4/figure4.tsv"
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
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/from_scores.py"


rule ranks:
    """Overall average rank of every method."""
    input:
        scores=SCORES,
    output:
        **figure_files("ranks", "Average ranks"),
    log:
        f"{LOGS}/ranks/ranks.log",
    benchmark:
        f"{BENCHMARKS}/ranks/ranks.tsv"
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
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/from_scores.py"


rule critical_difference:
    """Critical-difference diagram of the methods of Table 2."""
    input:
        scores=SCORES,
    output:
        **figure_files("critical_difference_table2", "Critical difference, Table 2"),
    log:
        f"{LOGS}/critical_difference/critical_difference.log",
    benchmark:
        f"{BENCHMARKS}/critical_difference/critical_difference.tsv"
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
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/from_scores.py"


rule critical_difference_ablations:
    """Critical-difference diagram of AutoSMOTE and its ablations."""
    input:
        scores=SCORES,
    output:
        **figure_files("critical_difference_table4", "Critical difference, Table 4"),
    log:
        f"{LOGS}/critical_difference_ablations/critical_difference_ablations.log",
    benchmark:
        f"{BENCHMARKS}/critical_difference_ablations/critical_difference_ablations.tsv"
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
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/from_scores.py"


rule figure5:
    """Figure 5, best validation score by iteration of AutoSMOTE and its ablations."""
    input:
        courses=expand(COURSES, dataset=ABLATED),
    output:
        **figure_files("figure5", "Figure 5: course of the ablations"),
    log:
        f"{LOGS}/figure5/figure5.log",
    benchmark:
        f"{BENCHMARKS}/figure5/figure5.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        code=code(
            "curves.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/curves.py"


rule figure6:
    """Figure 6, mean score by the value of each hyperparameter."""
    input:
        scores=GRID_SCORES,
    output:
        **figure_files("figure6", "Figure 6: hyperparameters"),
    log:
        f"{LOGS}/figure6/figure6.log",
    benchmark:
        f"{BENCHMARKS}/figure6/figure6.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        code=code(
            "figure6.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/figure6.py"


rule figure7:
    """Figure 7, synthetic rows and decision regions of the case study."""
    input:
        rows=CASE_STUDY_ROWS,
        facts=CASE_STUDY_FACTS,
    output:
        **figure_files("figure7", "Figure 7: case study"),
    log:
        f"{LOGS}/figure7/figure7.log",
    benchmark:
        f"{BENCHMARKS}/figure7/figure7.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        code=code(
            "figure7.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.figures",
            "autosmote.study.case_study",
        ),
    script:
        "../workflow/scripts/figure7.py"


rule search_curves:
    """Best validation score by iteration of the searches."""
    input:
        courses=cells(COURSES),
    output:
        **figure_files("search_curves", "Course of the searches"),
    log:
        f"{LOGS}/search_curves/search_curves.log",
    benchmark:
        f"{BENCHMARKS}/search_curves/search_curves.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        code=code(
            "curves.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/curves.py"


rule diagnostics:
    """What holds searches back: reward, the test scores of what they select, their policies' entropy."""
    input:
        courses=cells(COURSES),
    output:
        **figure_files("reward", "Reward by iteration"),
        **figure_files("selection", "Validation and test score of what was selected"),
        **figure_files("entropy", "Entropy of the policies"),
        **table_files(
            "search_summary", "What searches went through", "Tests and spread"
        ),
    log:
        f"{LOGS}/diagnostics/diagnostics.log",
    benchmark:
        f"{BENCHMARKS}/diagnostics/diagnostics.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        code=code(
            "curves.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/curves.py"


rule budget:
    """Average rank of the searches by the number of iterations, among the methods of Table 2."""
    input:
        scores=SCORES,
        courses=cells(COURSES),
    output:
        **figure_files("budget", "Rank by number of iterations"),
    log:
        f"{LOGS}/budget/budget.log",
    benchmark:
        f"{BENCHMARKS}/budget/budget.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        ratios=len(STUDY.ratios),
        code=code(
            "budget.py",
            "autosmote.analysis",
            "autosmote.utils.names",
            "autosmote.tables",
            "autosmote.report",
            "autosmote.figures",
        ),
    script:
        "../workflow/scripts/budget.py"
