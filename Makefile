# The front door of a checkout: every target sets up what it needs (Debian or Ubuntu, Python >= 3.11, pip, make).
.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types layers bench simulation clean
# One installation at a time; a user's settings for other projects stay out of ours.
.NOTPARALLEL:
unexport PYTHONPATH PYTHONHOME
PY := .venv/bin/python
RUN := .venv/.ready-run
DEV := .venv/.ready-dev
LIBRARIES := .venv/.ready-libraries
PACKAGES := assess surveys indicators reports

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' Makefile

setup: $(DEV) $(LIBRARIES) ## virtual environment, pinned packages, system libraries

demo: $(RUN) $(LIBRARIES) ## a synthetic wave in demo/, its reports in demo/out/
	$(PY) -m assess demo demo

test: $(DEV) $(LIBRARIES) ## all tests
	$(PY) -m pytest -n 2

check: lint types layers ## ruff, mypy --strict, import-linter (make -k check: all of them, whatever fails)

lint: $(DEV)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(DEV)
	$(PY) -m mypy --strict $(addprefix -p ,$(PACKAGES))

layers: $(DEV)
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

bench: $(DEV) ## speed and memory beside readers, svy and R, in out/bench.json (ARGS=--quick for a look)
	$(PY) tests/benchmarks/run.py $(ARGS)
	$(MAKE) simulation ARGS='$(filter --quick,$(ARGS))'

# One thread of the linear algebra for each process: the processes already use every core.
simulation: $(DEV) ## coverage of the intervals where the truth is known, in out/simulation.md (ARGS=--quick)
	OPENBLAS_NUM_THREADS=1 $(PY) -m tests.benchmarks.simulation $(ARGS)

clean: ## removes what make made, the virtual environment included
	rm -rf .venv demo out dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# dev includes run, so a checkout set up for tests does not install twice.
$(RUN): pyproject.toml constraints.txt
	@if [ -f $(DEV) ] && [ $(DEV) -nt pyproject.toml ] && [ $(DEV) -nt constraints.txt ]; then :; \
	else PYTHON='$(PYTHON)' tools/setup.sh run; fi
	@touch $@

$(DEV): pyproject.toml constraints.txt
	@PYTHON='$(PYTHON)' tools/setup.sh dev
	@touch $@

$(LIBRARIES): | $(RUN)
	@tools/setup.sh libraries
	@touch $@
