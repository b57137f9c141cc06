# `make` lists the targets. The environment is set up on first use; a clean machine only needs Python 3.12.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.11.7
export UV_PYTHON_DOWNLOADS := never
export PYTHONPATH := $(CURDIR)/plugins:$(CURDIR)
# Without compiled files each process of Airflow compiles a thousand modules, which takes ten seconds.
unexport PYTHONDONTWRITEBYTECODE
export AIRFLOW_HOME ?= $(CURDIR)/.local/airflow

SOURCE ?=
RUN_ARGS ?=
USERS ?=
PACKAGE_ARGS ?=
ENV ?=
SMOKE_ARGS ?=
MUTANTS_ARGS ?=

# The main version of Airflow, and other supported ones: `make test AIRFLOW=x.y.z` uses one of those.
MAIN_AIRFLOW := $(shell sed -n 's/^apache-airflow==//p' requirements/airflow.in)
OTHER_AIRFLOWS := $(patsubst requirements/airflow-%.lock,%,$(wildcard requirements/airflow-*.lock))
AIRFLOW ?= $(MAIN_AIRFLOW)
TESTED := $(if $(filter $(AIRFLOW),$(MAIN_AIRFLOW)),$(VENV),$(VENV)/airflow-$(AIRFLOW))

.PHONY: help setup run up down test-setup test test-all-setup test-all check format lock package changeset deploy destroy smoke sbom audit compose-test bench scoreboard docs faults mutants soak clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready $(VENV)/moto/.ready ## Set up the environment (other targets do it when needed)

$(VENV)/.ready: requirements/dev.lock requirements/awscli.lock .python-version
	@python=$$(./dev/find-python.sh) && { [ -x $(BIN)/python ] || "$$python" -m venv $(VENV); }
	@[ -x $(UV) ] || $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@echo "Setting up the environment in $(VENV) (once)"
	@$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements/dev.lock
	@[ -x $(VENV)/awscli/bin/python ] || $(UV) venv -q --python $(BIN)/python $(VENV)/awscli
	@$(UV) pip sync -q --python $(VENV)/awscli/bin/python --require-hashes requirements/awscli.lock
	@touch $@

# moto's own tests of Macie, which are only in its source distribution: the local Macie must pass them.
$(VENV)/moto/.ready: $(VENV)/.ready
	@mkdir -p $(VENV)/moto
	@grep -A2 '^moto==' requirements/dev.lock > $(VENV)/moto/moto.txt
	@$(BIN)/python -m pip download -q --disable-pip-version-check --no-deps --no-binary moto --require-hashes \
	    -r $(VENV)/moto/moto.txt -d $(VENV)/moto
	@cd $(VENV)/moto && tar xzf moto-*.tar.gz --strip-components 1 $$(tar tzf moto-*.tar.gz | grep '/tests/test_macie/.*py')
	@touch $@

run: setup ## Run a delivery through the gate: make run [SOURCE=folder|zip|s3://...|https://...zip]
	@$(BIN)/python -m dev.run --source "$(SOURCE)" $(RUN_ARGS)

up: setup ## Start Airflow's UI on the local AWS: make up [USERS=ann,bob,carl, who log in; otherwise without a login]
	@$(BIN)/python -m dev.up --users "$(USERS)"

down: ## Stop the processes that run and up started
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m dev.down

test-setup: setup $(OTHER_AIRFLOWS:%=$(VENV)/airflow-%/.ready) $(TESTED)/.ready

test: test-setup ## Run the tests but for the slow ones (10 minutes): make test [AIRFLOW=x.y.z, another supported version]
	@FEW_EXAMPLES=1 $(TESTED)/bin/python -m pytest -m "not slow"

test-all-setup: test-setup $(VENV)/fab/.ready
	@./dev/install-chromium.sh

test-all: test-all-setup ## Run all tests, as CI does: make test-all [AIRFLOW=x.y.z]
	@$(TESTED)/bin/python -m pytest

$(VENV)/airflow-%/.ready: requirements/airflow-%.lock | $(VENV)/.ready
	@echo "Setting up Airflow $* in $(@D) (once)"
	@[ -x $(@D)/bin/python ] || $(UV) venv -q --python $(BIN)/python $(@D)
	@$(UV) pip sync -q --python $(@D)/bin/python --require-hashes $<
	@touch $@

# The auth manager of MWAA, for the test of who may see the Gate page.
$(VENV)/fab/.ready: requirements/fab.lock | $(VENV)/.ready
	@echo "Setting up Airflow with FAB in $(@D) (once)"
	@[ -x $(@D)/bin/python ] || $(UV) venv -q --python $(BIN)/python $(@D)
	@$(UV) pip sync -q --python $(@D)/bin/python --require-hashes $<
	@touch $@

requirements/airflow-%.lock:
	@echo "There is no lock for Airflow $*. Create it with: make lock AIRFLOW=$* CONSTRAINTS=file (the constraints of its MWAA image)"
	@exit 1

check: setup ## Check format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint infra/*.yaml

format: setup ## Format the code and apply automatic fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup $(VENV)/presidio/.ready ## Measure the local Macie and S3, parse time of the DAG, moves, deliveries of 100,000 objects, masking
	@$(BIN)/python -m bench.scan
	@$(BIN)/python -m bench.server
	@$(BIN)/python -m bench.parse_time
	@$(BIN)/python -m bench.moves
	@$(BIN)/python -m bench.scale
	@$(BIN)/python -m bench.masking

scoreboard: setup $(VENV)/presidio/.ready ## Measure precision and recall of every identifier, and of Presidio; writes docs/reports/scoreboard.md
	@$(BIN)/python -m scoreboard

docs: setup ## Document the features and gaps of the local Macie from its code; writes docs/reports/local_macie.md
	@$(BIN)/python -m localaws.macie2.coverage

$(VENV)/presidio/.ready: requirements/presidio.lock | setup
	@[ -x $(VENV)/presidio/bin/python ] || $(UV) venv -q --python $(BIN)/python $(VENV)/presidio
	@$(UV) pip sync -q --python $(VENV)/presidio/bin/python --require-hashes requirements/presidio.lock
	@touch $@

faults: setup ## Test every AWS call of a run with every fault; writes docs/reports/faults.md (90 minutes)
	@$(BIN)/python -m tests.faults.matrix

mutants: setup ## Check that the tests notice deliberate breakages of the safety code; MUTANTS_ARGS=--changed: changed ones and a fortieth
	@$(BIN)/python -m tests.mutants.run $(MUTANTS_ARGS)

soak: setup ## Test random schedules of runs, findings, reviews, clears and crashes: make soak [SOAK_EXAMPLES=200 SOAK_RULES=25]
	@SOAK_EXAMPLES=$(or $(SOAK_EXAMPLES),200) SOAK_RULES=$(or $(SOAK_RULES),25) $(BIN)/python -m pytest tests/soak -n 1 -o faulthandler_timeout=0 -rs

compose-test: setup ## Start the compose stack, run a delivery through its REST API, stop it; CHAOS=1 also kills containers during runs
	@$(BIN)/python -m dev.compose_test $(if $(CHAOS),--chaos)

COMPILE := $(UV) pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.12 --universal
UNDER_CONSTRAINTS = $(COMPILE) -c $(CONSTRAINTS) -c <(echo apache-airflow==$(AIRFLOW))

lock: setup ## Compile the locks: make lock CONSTRAINTS=file [AIRFLOW=x.y.z] (constraints of that version's MWAA image)
	@test -n "$(CONSTRAINTS)" || { echo "CONSTRAINTS=file is required: the constraints of the MWAA image"; exit 1; }
ifeq ($(AIRFLOW),$(MAIN_AIRFLOW))
	@for name in airflow localaws dev fab; do \
	  $(UNDER_CONSTRAINTS) requirements/$$name.in -o requirements/$$name.lock || exit 1; done
	@for name in awscli presidio audit; do \
	  $(COMPILE) requirements/$$name.in -o requirements/$$name.lock || exit 1; done
else
	@$(UNDER_CONSTRAINTS) requirements/test.in -o requirements/airflow-$(AIRFLOW).lock
endif

package: setup ## Build the package for MWAA in dist/: plugins.zip, dags/, requirements.txt, manifest.json
	@$(BIN)/python -m ship.package $(PACKAGE_ARGS)

changeset: package ## Show the changes of a deployment without making them: make changeset ENV=name
	@$(BIN)/python -m ship.deploy changeset "$(ENV)"

deploy: package ## Deploy the stacks, the package and MWAA: make deploy ENV=name (infra/environments/name.json)
	@$(BIN)/python -m ship.deploy deploy "$(ENV)"

destroy: setup ## Remove an environment; buckets and keys are retained: make destroy ENV=name [CONFIRM=name]
	@CONFIRM="$(CONFIRM)" $(BIN)/python -m ship.destroy "$(ENV)"

sbom: package ## Write the bill of materials of the package, dist/sbom.cdx.json (CycloneDX)
	@$(BIN)/python -m ship.sbom

audit: setup $(VENV)/audit/.ready ## Check the locks for known vulnerabilities (queries PyPI), and the repo for secrets
	@for lock in requirements/*.lock; do echo "$$lock"; \
	  $(VENV)/audit/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes -r $$lock || failed=1; \
	done; [ -z "$$failed" ]
	@git ls-files -z | xargs -0 $(VENV)/audit/bin/detect-secrets-hook --baseline .secrets.baseline

$(VENV)/audit/.ready: requirements/audit.lock | $(VENV)/.ready
	@[ -x $(VENV)/audit/bin/python ] || $(UV) venv -q --python $(BIN)/python $(VENV)/audit
	@$(UV) pip sync -q --python $(VENV)/audit/bin/python --require-hashes requirements/audit.lock
	@touch $@

smoke: setup ## Run generated files through a deployed environment, with real Macie: make smoke ENV=name [SMOKE_ARGS=...]
	@$(BIN)/python -m ship.smoke "$(ENV)" $(SMOKE_ARGS)

clean: down ## Stop all processes and delete the files that the commands wrote
	@rm -rf .local dist $(VENV)
