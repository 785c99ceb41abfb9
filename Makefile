# From a fresh clone: `make report` and `make test` do all that is needed, `make help` says what else there is.
# Variables: PYTHON (default python3), JOBS (worker processes, default 2), OUT (folder of the report), TESTS (what to test),
# REPORT (folder of the report that `make browser` tests, default OUT).

PYTHON ?= python3
JOBS ?= 2
OUT ?= report
TESTS ?= tests
REPORT ?= $(OUT)
FUZZ_EXAMPLES ?= 10000
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
DOCS_STAMP := $(VENV)/.installed-docs
BENCHMARKS := $(filter-out benchmarks/snapshot.py benchmarks/variation_reference.py,$(wildcard benchmarks/*.py))
PYTEST := OMP_THREAD_LIMIT=1 $(BIN)/python -m pytest $(TESTS) -n $(JOBS) --dist loadfile --no-loadscope-reorder
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-docs system report test browser browser-docs test-slow test-all fuzz audit lint bench netlists notebooks docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## install what is missing to use it: ngspice, .venv, the Python packages

setup-dev: $(DEV_STAMP) ## the same, and the tools of tests and lint (450 MB more)

report: setup ## simulate everything and write OUT/index.html
	$(BIN)/ipcircuit report -o $(OUT) -j $(JOBS)

setup-docs: $(DOCS_STAMP) ## the same as setup, and what `make docs` needs (120 MB more)

notebooks: setup-dev setup-docs ## run the notebooks of docs/notebooks into build/notebooks, which `make docs` then shows
	@mkdir -p build/notebooks
	@set -e; for file in docs/notebooks/*.py; do \
	  OMP_THREAD_LIMIT=1 $(BIN)/python -m jupytext --to ipynb --execute --output build/notebooks/$$(basename $$file .py).ipynb $$file; done

docs: setup-docs ## build the documentation into site/, which opens from disk; a warning is an error
	NO_MKDOCS_2_WARNING=1 OUT=$(OUT) $(BIN)/python -m mkdocs build

test: setup-dev ## run the tests, without those marked slow
	$(PYTEST) -m "not slow"

test-slow: setup-dev ## run those marked slow, the other half of `test-all`
	$(PYTEST) -m slow

test-all: setup-dev ## run every test
	$(PYTEST)

browser: setup-dev ## test the report of REPORT in a headless browser; it is written first where there is none
	@bash .ci/system-packages $(PYTHON) chromium
	@test -e $(REPORT)/report.json || $(MAKE) --no-print-directory report OUT=$(REPORT)
	REPORT=$(REPORT) $(BIN)/python -m pytest tests/browser -n $(JOBS)

browser-docs: setup-dev ## test the documentation in site/ in a headless browser; it is built first where there is none
	@bash .ci/system-packages $(PYTHON) chromium
	@test -e site/index.html || $(MAKE) --no-print-directory docs
	SITE=site $(BIN)/python -m pytest tests/browser/docs -n $(JOBS)

fuzz: setup-dev ## damaged files and command lines, FUZZ_EXAMPLES of each kind (default 10000: hours)
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest tests/hostile/test_fuzz.py tests/hostile/test_card_fuzz.py -n $(JOBS)

audit: setup-dev ## known vulnerabilities of the installed packages
	$(BIN)/pip-audit --skip-editable

lint: setup-dev ## ruff, pyright, import-linter, hadolint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
	$(BIN)/hadolint Dockerfile

bench: setup-dev ## time characterising the circuits, the report, a second run of each command
	@set -e; for file in $(BENCHMARKS); do echo "== $$file"; $(BIN)/python "$$file"; done

netlists: setup ## write netlists/ again from the declarations and circuits
	$(BIN)/python -m circuits.regenerate

clean: ## remove what was built; the environment stays
	rm -rf report site build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# Cheap, and true of the machine rather than of this folder: asked every time.
system:
	@bash .ci/system-packages $(PYTHON)

$(VENV)/bin/python: | system
	$(PYTHON) -m venv $(VENV)

# pip runs only when what it was told has changed. The development install holds the other: neither is done twice.
$(STAMP): pyproject.toml constraints.txt $(VENV)/bin/python | system
	@echo "the Python packages: their download, and some two minutes of installing"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt $(VENV)/bin/python | system
	@echo "the Python packages, with those of the tests: their download, and some four minutes of installing"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test,dev]'
	@touch $(STAMP) $@

$(DOCS_STAMP): pyproject.toml constraints.txt $(VENV)/bin/python | system
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	@touch $(STAMP) $@
