# The samplers that AutoSMOTE is compared with.


rule baselines:
    """The scores of all comparison samplers."""
    input:
        cells(BASELINE),


rule baseline:
    """The comparison samplers of one bundle on one task, with every classifier and metric."""
    input:
        task=TASK,
    output:
        scores=BASELINE,
    log:
        f"{LOGS}/baseline/{BASELINE_ID}.log",
    benchmark:
        f"{BENCHMARKS}/baseline/{BASELINE_ID}.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **config["resources"]["baseline"],
    params:
        samplers=lambda wildcards: STUDY.bundles[wildcards.bundle],
        classifiers=STUDY.classifiers,
        metrics=STUDY.metrics,
        ratios=STUDY.ratios,
        settings=lambda wildcards: {
            name: config["methods"][name]
            for name in STUDY.bundles[wildcards.bundle]
            if name in config["methods"]
        },
        code=code("baseline.py", "autosmote.evaluation", "autosmote.samplers"),
    script:
        "../workflow/scripts/baseline.py"
