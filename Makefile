# `make` alone lists the targets. Everything is set up on first use: a clean machine needs Python 3.12 and nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.11.7
export UV_PYTHON_DOWNLOADS := never
export PYTHONPATH := $(CURDIR)/plugins:$(CURDIR)
export AIRFLOW_HOME ?= $(CURDIR)/.local/airflow

SOURCE ?=
RUN_ARGS ?=

.PHONY: help setup run up down test check format lock compose-test bench scoreboard docs faults mutants clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready $(VENV)/moto/.ready ## Make the environment (done by the others when needed)

$(VENV)/.ready: requirements/dev.lock requirements/awscli.lock .python-version
	@python=$$(./dev/find-python.sh) && { [ -x $(BIN)/python ] || "$$python" -m venv $(VENV); }
	@[ -x $(UV) ] || $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@echo "Setting up the environment in $(VENV) (once)"
	@$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements/dev.lock
	@[ -x $(VENV)/awscli/bin/python ] || $(UV) venv -q --python $(BIN)/python $(VENV)/awscli
	@$(UV) pip sync -q --python $(VENV)/awscli/bin/python --require-hashes requirements/awscli.lock
	@touch $@

# moto's own tests of Macie, which its source distribution alone holds: ours has to pass them.
$(VENV)/moto/.ready: $(VENV)/.ready
	@mkdir -p $(VENV)/moto
	@grep -A2 '^moto==' requirements/dev.lock > $(VENV)/moto/moto.txt
	@$(BIN)/python -m pip download -q --disable-pip-version-check --no-deps --no-binary moto --require-hashes \
	    -r $(VENV)/moto/moto.txt -d $(VENV)/moto
	@cd $(VENV)/moto && tar xzf moto-*.tar.gz --strip-components 1 $$(tar tzf moto-*.tar.gz | grep '/tests/test_macie/.*py')
	@touch $@

run: setup ## Take a delivery through the gate: make run [SOURCE=folder|zip|s3://...|https://...zip]
	@$(BIN)/python -m dev.run --source "$(SOURCE)" $(RUN_ARGS)

up: setup ## Start Airflow's UI on the local AWS
	@$(BIN)/python -m dev.up

down: ## Stop everything that run and up started, and nothing else
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m dev.down

test: setup ## Run every test
	@$(BIN)/python -m pytest

check: setup ## Check format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint infra/*.yaml

format: setup ## Format the code and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup $(VENV)/presidio/.ready ## Measure: the local Macie and S3, parse time of the DAG, moves, deliveries of 100,000
	@$(BIN)/python -m bench.scan
	@$(BIN)/python -m bench.server
	@$(BIN)/python -m bench.parse_time
	@$(BIN)/python -m bench.moves
	@$(BIN)/python -m bench.scale

scoreboard: setup $(VENV)/presidio/.ready ## Precision and recall of every identifier, and of Presidio; writes docs/scoreboard.md
	@$(BIN)/python -m scoreboard

docs: setup ## What the local Macie can and cannot do, from its code; writes docs/local_macie.md
	@$(BIN)/python -m localaws.macie2.coverage

$(VENV)/presidio/.ready: requirements/presidio.lock | setup
	@[ -x $(VENV)/presidio/bin/python ] || $(UV) venv -q --python $(BIN)/python $(VENV)/presidio
	@$(UV) pip sync -q --python $(VENV)/presidio/bin/python --require-hashes requirements/presidio.lock
	@touch $@

faults: setup ## Every AWS call of a run x every fault; writes docs/faults.md (about an hour)
	@$(BIN)/python -m tests.faults.matrix

mutants: setup ## Break the safety code on purpose, one breakage after another: the tests must notice each
	@$(BIN)/python -m tests.mutants.run

compose-test: setup ## Start the compose stack, run a delivery through its REST API, stop it
	@$(BIN)/python -m dev.compose_test

lock: setup ## Compile the locks again: make lock CONSTRAINTS=file (the constraints of the MWAA image)
	@test -n "$(CONSTRAINTS)" || { echo "CONSTRAINTS=file is needed: the constraints of the MWAA image"; exit 1; }
	@for name in airflow localaws dev; do \
	  $(UV) pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.12 --universal \
	    -c $(CONSTRAINTS) requirements/$$name.in -o requirements/$$name.lock || exit 1; done
	@for name in awscli presidio; do \
	  $(UV) pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.12 --universal \
	    requirements/$$name.in -o requirements/$$name.lock || exit 1; done

clean: down ## Stop everything and delete what the commands left behind
	@rm -rf .local $(VENV)
