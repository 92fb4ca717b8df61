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
    # How many run at once; no param, because the result does not depend on it.
    threads: config["jobs"]["workers"]
    resources:
        **demand("baseline", mb_per_thread=config["limits"]["memory_mb"]),
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
        limits=config["limits"],
        refit=config["study"]["refit"],
        code=lambda wildcards: [
            code("baseline.py"),
            baseline_code(
                STUDY.bundles[wildcards.bundle], STUDY.classifiers, STUDY.metrics
            ),
        ],
    script:
        "../workflow/scripts/baseline.py"
