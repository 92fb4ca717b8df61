#!/usr/bin/env bash
# Snakemake runs this once, inside the new conda environment and in the study's working directory.
set -euo pipefail
if [ ! -f requirements/no-deps.txt ]; then
    echo "envs/autosmote.post-deploy.sh: $PWD is not the autosmote repository; run snakemake from the repository's root" >&2
    exit 1
fi
python -m pip install --no-deps -r requirements/no-deps.txt
python -m pip install --no-deps --no-build-isolation -e .
