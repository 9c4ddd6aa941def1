# make: install, build the graph, answer one question.   make test: everything that CI runs.
PYTHON ?= python3
BIN := .venv/bin
INPUTS := $(shell find data ontology queries src -type f -not -path '*/__pycache__/*')

.PHONY: all test lint clean
all: build/.built

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/.tested: requirements-test.lock .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	touch $@

build/.built: .venv/.installed $(INPUTS)
	$(BIN)/milidip build
	@echo
	$(BIN)/milidip query enlargement-rounds --param organisation=nato
	@touch $@

test: .venv/.tested lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: .venv/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv build
