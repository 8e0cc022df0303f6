# `make demo` and `make test` need nothing but make, git and Python 3.11 or newer on Linux.
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-unit test-browser soak bench lint format types imports lock assets clean

PYTHON ?= python3
# More words for the command of a target: make demo ARGS="--records 500", make test ARGS="-k linking"
ARGS ?=
# Where `make demo` and `make serve` keep their state; git ignores it.
ACCORD_HOME ?= $(CURDIR)/.home

RUN := .venv/bin
OURS := accord-sdk $(patsubst plugins/%/accord.toml,accord-plugin-%,$(wildcard plugins/*/accord.toml))

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make or renew the environment: .venv, packages, plugins, pages
	@$(PYTHON) scripts/environment.py

demo: setup ## a sample world in a browser: prints the address and the sign-ins
	@ACCORD_HOME="$(ACCORD_HOME)" exec $(RUN)/accord demo $(ARGS)

serve: setup ## the web server over the home of this checkout
	@ACCORD_HOME="$(ACCORD_HOME)" exec $(RUN)/accord serve $(ARGS)

test: ## the whole test suite
	@$(PYTHON) scripts/environment.py --browser
	$(RUN)/python -m pytest -n 2 $(ARGS)

test-unit: setup ## the quick tests: no browser
	$(RUN)/python -m pytest -n 2 tests/unit plugins $(ARGS)

test-browser: ## the tests that drive Chromium
	@$(PYTHON) scripts/environment.py --browser
	$(RUN)/python -m pytest -n 2 tests/browser $(ARGS)

soak: setup ## the long tests
	$(RUN)/python -m pytest -m soak --timeout 0 $(ARGS)

bench: setup ## every benchmark; ARGS=--quick for a minute each
	@set -e; for script in bench/*.py; do echo "== $$script"; $(RUN)/python $$script $(ARGS); done

lint: setup ## ruff: rules and format
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

format: setup ## ruff: mend what it can mend
	$(RUN)/ruff check --fix-only .
	$(RUN)/ruff format .

types: setup ## mypy, strict
	$(RUN)/mypy

imports: setup ## the import rule and the layers
	$(RUN)/lint-imports

lock: setup ## resolve the dependencies of pyproject.toml anew: ARGS=--upgrade for newer versions
	$(RUN)/uv pip compile --quiet --universal --python-version 3.11 --group dev --generate-hashes \
		--no-emit-index-url --no-header \
		$(addprefix --no-emit-package ,$(OURS)) --output-file requirements.lock $(ARGS) pyproject.toml
	@sed -i '/^# The following packages were excluded/,$$d' requirements.lock

assets: setup ## build the front-end packages into static/dist (setup does it too)
	@$(RUN)/python -m accord.web.assets

clean: ## remove everything that make made, but not the state in .home
	rm -rf .venv node_modules core/accord/web/static/dist build dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
