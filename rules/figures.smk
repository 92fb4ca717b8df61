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
        png=report(
            f"{RESULTS}/figures/figure4.png",
            caption="../workflow/report/figure4.rst",
            category="Figures",
        ),
        pdf=f"{RESULTS}/figures/figure4.pdf",
    log:
        f"{LOGS}/figure4/figure4.log",
    benchmark:
        f"{BENCHMARKS}/figure4/figure4.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **config["resources"]["analysis"],
    params:
        code=code(
            "figure4.py",
            "autosmote.figures.figure4",
            "autosmote.figures.style",
            "autosmote.analysis.labels",
            "autosmote.analysis.methods",
            "autosmote.analysis.ranks",
        ),
    script:
        "../workflow/scripts/figure4.py"


rule ranks:
    """Overall average rank of every sampler."""
    input:
        scores=SCORES,
    output:
        png=report(
            f"{RESULTS}/figures/ranks.png",
            caption="../workflow/report/ranks.rst",
            category="Figures",
        ),
        pdf=f"{RESULTS}/figures/ranks.pdf",
    log:
        f"{LOGS}/ranks/ranks.log",
    benchmark:
        f"{BENCHMARKS}/ranks/ranks.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **config["resources"]["analysis"],
    params:
        code=code(
            "ranks.py",
            "autosmote.figures.ranks",
            "autosmote.figures.style",
            "autosmote.analysis.labels",
            "autosmote.analysis.methods",
            "autosmote.analysis.ranks",
        ),
    script:
        "../workflow/scripts/ranks.py"


rule search_curves:
    """Best validation score by iteration of the searches."""
    input:
        results=searches(SEARCH, [REFERENCE]),
        histories=searches(SEARCH_HISTORY, [REFERENCE]),
    output:
        png=report(
            f"{RESULTS}/figures/search_curves.png",
            caption="../workflow/report/search_curves.rst",
            category="Figures",
        ),
        pdf=f"{RESULTS}/figures/search_curves.pdf",
    log:
        f"{LOGS}/search_curves/search_curves.log",
    benchmark:
        f"{BENCHMARKS}/search_curves/search_curves.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **config["resources"]["analysis"],
    params:
        code=code(
            "search_curves.py",
            "autosmote.figures.search_curves",
            "autosmote.figures.style",
            "autosmote.analysis.labels",
        ),
    script:
        "../workflow/scripts/search_curves.py"
