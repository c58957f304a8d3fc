# One environment, .venv, from the pinned lists in requirements/ (check holds test, test holds run).
# A stamp in .venv says which lists are installed; a larger list upgrades the same environment.

PYTHON  ?= python3
UV      := $(shell command -v uv 2>/dev/null)
BIN     := .venv/bin
PYTEST  := $(BIN)/python -m pytest -q -n auto --dist worksteal
KERNELS := $(wildcard src/fissure/kernels/*.py)
CODE    := src tests bench docs conftest.py

# Without compiled bytecode every start of the program takes about three times as long.
unexport PYTHONDONTWRITEBYTECODE
# An environment the caller happens to be in must not be the one that is changed.
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help demo test check check-rest format lint types test-nojit doctests format-code docs-cli lock clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.run .venv/.fissure  ## a report on the 109th US Senate: report.html
	$(BIN)/fissure report -o report.html

test: .venv/.test .venv/.fissure .venv/.kernels  ## the tests
	$(PYTEST)

check: test check-rest  ## everything CI runs

check-rest: format lint types test-nojit doctests  ## all of check but the plain run of the tests

format: .venv/.check  ## is the code formatted?
	$(BIN)/ruff format --check $(CODE)

lint: .venv/.check  ## ruff's rules
	$(BIN)/ruff check $(CODE)

types: .venv/.check .venv/.fissure  ## mypy on src/fissure
	$(BIN)/mypy

test-nojit: .venv/.check .venv/.fissure .venv/.kernels  ## the tests in pure Python, with coverage
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -q -n auto --dist worksteal -m "not browser and not real and not compiled"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

doctests: .venv/.check .venv/.fissure .venv/.kernels  ## the examples in docstrings (tests run those in *.md)
	$(BIN)/python -m pytest -q --doctest-modules src

format-code: .venv/.check  ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

docs-cli: .venv/.test .venv/.fissure  ## write docs/cli.md from --help
	$(BIN)/python docs/make_cli.py

# UPGRADE=--upgrade takes the newest versions; without it pins stay unless pyproject.toml forbids them.
LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	$(UPGRADE) pyproject.toml --group build

lock:  ## pin requirements/*.txt anew (needs uv; UPGRADE=--upgrade for newer versions)
	$(LOCK) -o requirements/run.txt
	$(LOCK) --extra test -c requirements/run.txt -o requirements/test.txt
	$(LOCK) --extra dev -c requirements/test.txt -o requirements/check.txt

clean:  ## remove the environment, caches and what was built
	rm -rf .venv build dist report.html .coverage .coverage.* htmlcov \
	  .mypy_cache .pytest_cache .ruff_cache .hypothesis __pycache__
	find src tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment -------------------------------------------------------------------------

ifeq ($(UV),)
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --compile
else
INSTALL := $(UV) pip install --python $(BIN)/python --compile-bytecode
endif

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v >= (3, 11) or sys.exit("fissure needs Python 3.11 or newer; PYTHON=$(PYTHON) is %d.%d. Try: make PYTHON=python3.12 ..." % v)'
	@echo "making .venv (once; a minute or two)"
	@rm -rf .venv
	$(PYTHON) -m venv .venv

.venv/.run: requirements/run.txt | $(BIN)/python
	$(INSTALL) --require-hashes -r $<
	@touch $@

.venv/.test: requirements/test.txt | $(BIN)/python
	$(INSTALL) --require-hashes -r $<
	@touch $@ .venv/.run

.venv/.check: requirements/check.txt | $(BIN)/python
	$(INSTALL) --require-hashes -r $<
	@touch $@ .venv/.test .venv/.run

# The package itself, editable; its build backend comes with every list.
.venv/.fissure: pyproject.toml | .venv/.run
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# Numba's cache does not notice an edit in a kernel that another kernel imports.
.venv/.kernels: $(KERNELS) | $(BIN)/python
	@find src -name '*.nb[ic]' -delete
	@touch $@
