# Needs Python 3.10 or newer, and make; everything else goes into a virtual environment of its own.
#
#   make test PYTHON=python3.12 VENV=/tmp/venv-3.12

PYTHON ?= python3
# Not from the environment: `make clean` removes it.
VENV := .venv
# As many as there are processors, from two to four.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -ge 2 ] || n=2; [ $$n -le 4 ] || n=4; echo $$n)

# Those that have an environment of their own, constraints/NAME.txt.
WAREHOUSES := snowflake redshift bigquery clickhouse

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BROWSER := $(VENV)/.browser
# Judges whether everybody can use a page. It is not kept here: its licence is another one.
AXE_CORE := axe-core@4.14.1

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-browser test-spark test-warehouses $(WAREHOUSES:%=test-%) test-dbt test-all mutation dist docs pictures lint format clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

demo: $(INSTALLED) ## Sync the sample project to a local Intercom, and check what arrived
	$(BIN)/dbt-intercom-activate sandbox --run "$(BIN)/python sample_project/scripts/demo.py"

test: $(INSTALLED) ## Run the tests, all but the slow ones
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not spark and not warehouse and not browser"

# One more than for the quick ones: many wait for processes that they started. Exit code 5 is pytest's for no tests at all.
test-slow: $(INSTALLED) ## Run the slow tests
	$(BIN)/python -m pytest -n $$(($(WORKERS) + 1)) -m "slow and not browser" || [ $$? -eq 5 ]

test-browser: $(BROWSER) ## Run the tests of the pages in a browser; needs Chromium, and npm for axe-core
	$(BIN)/python -m pytest -m browser -rs

test-spark: ## Run the tests on Spark, in a virtual environment of its own; needs Java
	$(PYTHON) -m venv $(VENV)-spark
	$(VENV)-spark/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(VENV)-spark/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[duckdb,sandbox]' --group dev --group spark
	@# Without the name Spark asks the network what this machine is called.
	SPARK_LOCAL_HOSTNAME=localhost $(VENV)-spark/bin/python -m pytest -m spark

test-warehouses: $(WAREHOUSES:%=test-%) test-spark ## Run the main job on each: test-snowflake, test-redshift, test-bigquery, test-clickhouse, test-spark

$(WAREHOUSES:%=test-%): test-%:
	$(PYTHON) -m venv $(VENV)-$*
	$(VENV)-$*/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(VENV)-$*/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[duckdb,sandbox]' --group dev
	$(VENV)-$*/bin/python -m pip install --quiet --requirement constraints/$*.txt
	$(VENV)-$*/bin/python -m pip check
	$(VENV)-$*/bin/python -m pytest -p no:bqemulator -m "warehouse(name='$*')" tests/warehouse

# Tests of what dbt can do otherwise from version to version: how it parses, builds, connects and renders. What is sent and
# what is removed follows from that, and is tried on one version.
DBT ?= 1.8
# Since 1.12 dbt-core requires a parser that it does not use, and that builds itself from a download from GitHub.
WITHOUT_GITHUB = $(if $(filter 1.12 1.13,$(DBT)),./constraints/no-parser)
DBT_TESTS ?= tests/project tests/configuration tests/commands tests/cli tests/plugin tests/macros tests/ledger/test_growth.py $(addprefix tests/sync/test_,sync.py gate_with_dbt.py chosen_rows.py applying.py)

test-dbt: ## Run the tests that dbt can change on another dbt, from constraints/: DBT=1.12
	$(PYTHON) -m venv $(VENV)-dbt-$(DBT)
	$(VENV)-dbt-$(DBT)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(VENV)-dbt-$(DBT)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[duckdb,sandbox]' --group dev
	$(VENV)-dbt-$(DBT)/bin/python -m pip install --quiet $(WITHOUT_GITHUB) --requirement constraints/dbt-$(DBT).txt
	$(VENV)-dbt-$(DBT)/bin/python -m pip check
	$(VENV)-dbt-$(DBT)/bin/python -m pytest -n $(WORKERS) -m "not spark and not warehouse and not browser and (not slow or dbt)" $(DBT_TESTS)

test-all: test test-slow ## Run all tests

mutation: ## Plant small mistakes and list those that no test notices: ROOM=journal
	$(PYTHON) -m venv $(VENV)-mutation
	$(VENV)-mutation/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(VENV)-mutation/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[duckdb,sandbox]' --group dev --group mutation
	$(VENV)-mutation/bin/python tests/mutation/run.py --workers $(WORKERS) $(ROOM)

dist: $(INSTALLED) ## Build wheel and sdist into dist/, and check them as a registry does
	rm -rf dist
	$(BIN)/uv build --out-dir dist
	$(BIN)/uv tool run twine check --strict dist/*.whl dist/*.tar.gz

pictures: $(BROWSER) ## Make docs/pictures anew, from the sample project; needs Chromium
	$(BIN)/python -m docs.generator.pictures

docs: $(INSTALLED) ## Build the docs into site/; any warning fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

lint: $(INSTALLED) ## Check style, formatting, types, and that docs/reference says what the code says
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m docs.generator --check

format: $(INSTALLED) ## Mend what ruff can mend, and fill the blocks of docs/reference
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/python -m docs.generator

clean: ## Remove the virtual environment and everything that was built
	rm -rf $(VENV) $(VENV)-spark $(WAREHOUSES:%=$(VENV)-%) $(VENV)-mutation $(VENV)-dbt-* dist build site mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf logs target sample_project/logs sample_project/target
	find dbt_intercom_activate tests sample_project -name __pycache__ -type d -prune -exec rm -rf {} +

# Dependency groups need pip 25.1; the pip that comes with a virtual environment is as old as its Python.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	@echo "Making $(VENV), which is removed by \`make clean\`, and installing into it:"
	@echo "  this package with dbt-core, dbt-duckdb and the local Intercom; pytest, ruff, mypy and mkdocs. It takes a minute or two."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[duckdb,sandbox]' --group dev --group docs
	@$(BIN)/python -m pip list --disable-pip-version-check | grep -E '^(dbt-(core|duckdb|intercom-activate)|duckdb) ' | sed 's/^/  /'
	@touch $@

$(BROWSER): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group browser
	@if command -v npm >/dev/null; then \
	  rm -rf $(VENV)/axe-core && mkdir $(VENV)/axe-core && cd $(VENV)/axe-core && \
	  npm pack --silent $(AXE_CORE) >/dev/null && tar -xzf *.tgz; \
	else echo "no npm: tests of accessibility will be skipped"; fi
	@touch $@
