# A study in one file, to be published.


rule archive:
    """Scores, learning curves, configuration, versions and licence in one file, with a checksum."""
    input:
        scores=[SCORES],
        learning_curves=cells(LEARNING_CURVES),
        hyperparameters=(
            [GRID_SCORES] if all(STUDY.hyperparameter_cells.values()) else []
        ),
        case_study=[CASE_STUDY_ROWS, CASE_STUDY_FACTS] if CASE_STUDY else [],
        facts=cells(DATA_FACTS),
        licence=[ROOT / "LICENSE"],
    output:
        archive=ARCHIVE,
        checksum=f"{ARCHIVE}.sha256",
    log:
        f"{LOGS}/archive/archive.log",
    benchmark:
        f"{BENCHMARKS}/archive/archive.tsv"
    conda:
        "../envs/autosmote.yaml"
    resources:
        **demand("analysis"),
    params:
        sources={name: STUDY.sources[name] for name in STUDY.datasets},
        code=code("archive.py", "autosmote.study.archive"),
    script:
        "../workflow/scripts/archive.py"
