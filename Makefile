# From a fresh clone and Python 3.11 or later: `make demo`, `make test`. Everything is installed below this directory.

export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
# A cache on another file system cannot be linked to, which is no reason for a warning.
export UV_LINK_MODE ?= copy
unexport VIRTUAL_ENV

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
UV := $(VENV)/bin/uv
MELTANO := $(VENV)/bin/meltano
INSTALLED := $(VENV)/installed
PLUGINS := .meltano/installed
MANIFESTS := pyproject.toml uv.lock $(wildcard */pyproject.toml)
PYTEST := $(VENV)/bin/pytest --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help install demo test soak check format lock bench clean

help:  ## What can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) $(PLUGINS)  ## Install everything, nothing outside this directory

demo: install  ## A QuickBooks company in Postgres, until Ctrl-C
	@exec $(VENV)/bin/quickbooks-demo

test: install  ## All tests that fit into 15 minutes, on a real Postgres
	$(PYTEST) --numprocesses 4 -m 'not soak'

soak: install  ## The long random tests
	$(PYTEST) --numprocesses 2 -m soak --timeout 3600

check: $(INSTALLED)  ## Lint, format and types
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

format: $(INSTALLED)  ## Mend format and what else can be mended
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

lock: $(INSTALLED)  ## Resolve all versions anew, for us and for Meltano's plugins
	$(UV) lock --upgrade
	$(MAKE) plugins.txt

bench: install  ## Measure the pipeline and write docs/benchmarks.md (BENCH="--scale 0.02": a quick look)
	$(VENV)/bin/python bench/run.py $(BENCH)

clean:  ## Remove what was installed and the demo's data
	rm -rf $(VENV) .meltano .demo

$(UV):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none is on the PATH" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		"$$(sed -n 's/.*"\(uv==[0-9.]*\)".*/\1/p' pyproject.toml)"

$(INSTALLED): $(UV) $(MANIFESTS)
	UV_PYTHON=$(VENV)/bin/python $(UV) sync --quiet --locked
	@touch $@

plugins.txt: uv.lock $(INSTALLED)
	$(UV) export --quiet --locked --only-group plugins --no-hashes --no-emit-workspace --no-annotate --no-header \
		--output-file $@

$(PLUGINS): meltano.yml plugins.txt $(INSTALLED)
	$(MELTANO) --log-level=warning install
	@touch $@
