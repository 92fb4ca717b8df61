# Everything runs in a virtual environment that the first target to need it creates.

PYTHON ?= python3
UV ?= uv
CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALLED := $(VENV)/.installed
INSTALLING := $(VENV)/.installing
WORKFLOW_FILES := Snakefile workflow/Snakefile rules

.DEFAULT_GOAL := help
.PHONY: help install config quickstart bank reproduction test test-slow test-slurm lint format lock docs pictures

help:
	@echo "make quickstart  a small study on bundled data: tables, figures and records in minutes, no download of data"
	@echo "make reproduction  tables and figures of the measured studies (docs/reproduction.md), from their scores"
	@echo "make bank        learn the bank of policies again from DATA, a folder of CSV files with the class in column y"
	@echo "make test        linters, type check and the fast tests (pytest -m \"not slow\")"
	@echo "make test-slow   the tests marked slow: whole workflow runs, longer searches"
	@echo "make test-slurm  the study on a Slurm that the tests start on this machine; needs its packages (docs/cluster.md)"
	@echo "make lint        linters and type check only"
	@echo "make format      format the Python and the Snakemake files"
	@echo "make config      write what the settings and the schema say into the schema, config.yaml and the manual"
	@echo "make docs        the manual, in docs/_build/html/index.html"
	@echo "make pictures    draw the pictures of the guide again, by the code that its pages show"
	@echo "make install     create or update the virtual environment only (the targets above do so themselves)"
	@echo "make lock        resolve requirements/lock.txt again (needs uv; UV_FLAGS=--upgrade for newer versions)"
	@echo
	@echo "Variables: PYTHON=$(PYTHON) (3.11 to 3.13, used when $(VENV) is created), CORES=$(CORES)"
	@echo "On Linux, PyPI's torch brings gigabytes of CUDA packages. For the CPU build, put this before make:"
	@echo "    PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu"

install: $(INSTALLED)

# The marker .installing is renamed only after the last step. Where it is still there, an install was cut short, and
# what it left cannot be trusted.
$(INSTALLED): pyproject.toml requirements/lock.txt requirements/no-deps.txt
	@if [ -e $(INSTALLING) ]; then rm -rf $(VENV); fi
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "autosmote needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is: `$(PYTHON) --version 2>&1`" >&2; \
		echo "Name another one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@mkdir -p $(VENV) && touch $(INSTALLING)
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Installing the requirements into $(VENV) (minutes, once)"
	$(PIP_INSTALL) -r requirements/lock.txt
	$(PIP_INSTALL) --no-deps -r requirements/no-deps.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@mv $(INSTALLING) $@

quickstart: $(INSTALLED)
	$(BIN)/python -m snakemake all --cores $(CORES) --configfile config/quickstart.yaml
	@echo
	@echo "The tables are in results/quickstart/tables, the figures in results/quickstart/figures."

reproduction: $(INSTALLED)
	$(BIN)/python -m autosmote.analysis --scores docs/reproduction/scores.parquet \
		--searches docs/reproduction/learning_curves.parquet --out results/reproduction
	$(BIN)/python -m autosmote.analysis --scores docs/reproduction/fresh.parquet \
		--searches docs/reproduction/fresh_learning_curves.parquet --out results/reproduction/fresh
	$(BIN)/python -m autosmote.analysis --scores docs/reproduction/mozilla4.parquet \
		--searches docs/reproduction/mozilla4_learning_curves.parquet \
		--hyperparameters docs/reproduction/mozilla4_hyperparameters.parquet --out results/reproduction/mozilla4

bank: $(INSTALLED)
	$(BIN)/python -m autosmote.study.bank --data "$(DATA)"

lint: $(INSTALLED)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/snakefmt --check $(WORKFLOW_FILES)
	$(BIN)/python -m snakemake --lint

test: lint
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile -m "not slow and not slurm"

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -m "slow and not slurm"

test-slurm: $(INSTALLED)
	$(BIN)/python -m pytest -m slurm -rs -s

format: $(INSTALLED)
	$(BIN)/python -m ruff check --fix --select I .
	$(BIN)/python -m ruff format .
	$(BIN)/snakefmt $(WORKFLOW_FILES)

config: $(INSTALLED)
	$(BIN)/python -m autosmote.study.config_files

docs: $(INSTALLED)
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

pictures: $(INSTALLED)
	$(BIN)/python docs/pictures.py

# uv resolves for all platforms and Python versions at once and keeps the pins that still fit. The CUDA packages are left
# out: pip adds those that the torch build at hand asks for, and none for the CPU build.
lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv (pip install uv)" >&2; exit 1; }
	$(UV) pip compile $(UV_FLAGS) --quiet --universal --python-version 3.11 --annotation-style line \
		--custom-compile-command "make lock" --extra study --extra generative --extra cluster --extra docs --extra dev \
		--output-file requirements/lock.txt pyproject.toml requirements/lock.in
	sed -i.bak -E '/^(nvidia-|cuda-|triton==)/d' requirements/lock.txt && rm requirements/lock.txt.bak
