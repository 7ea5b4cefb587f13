# Every target creates .venv and installs what it needs. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CXX ?= g++
CPP_DIR := src/conductor/client/example/worker/cpp
CPP_LIB := $(CPP_DIR)/lib.so
# The real Conductor server, as a script with `up` and `down`; only the -oss targets need it.
CONDUCTOR_OSS ?= ../shared/tools/conductor-oss
OSS_PORT ?= 8089

.DEFAULT_GOAL := help
.PHONY: help demo test test-oss conformance-oss check format client client-check cpp bench build clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml setup.py
	@test -x $(BIN)/python || { echo "creating $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing conductor-python and its tools into $(VENV) (the first time takes a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(STAMP) cpp ## run the main job: a workflow of C++ and Python workers on the embedded server
	@$(BIN)/conductor demo $(ARGS)

test: $(STAMP) cpp ## run the tests (no Java, no Docker, no service)
	$(BIN)/python -m pytest -m 'not oss and not slow' $(ARGS)
	cd src && ../$(BIN)/python -m unittest -v

test-oss: $(STAMP) cpp ## run the tests that talk to the real Conductor server
	tools/with-oss-server $(CONDUCTOR_OSS) $(OSS_PORT) $(BIN)/python -m pytest -m oss $(ARGS)

conformance-oss: $(STAMP) ## run the conformance suite against the real Conductor server
	tools/with-oss-server $(CONDUCTOR_OSS) $(OSS_PORT) $(BIN)/python -m pytest -m oss src/tst/conformance $(ARGS)

check: $(STAMP) ## format, lint, types, architecture, generated code up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q src/tst/architecture
	$(BIN)/python tools/generate_client.py --check

format: $(STAMP) ## format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

client: $(STAMP) ## generate the HTTP client from openapi/
	$(BIN)/python tools/generate_client.py

cpp: $(CPP_LIB) ## compile the C++ example library with g++

$(CPP_LIB): $(CPP_DIR)/simple_cpp_lib.cpp
	@command -v $(CXX) >/dev/null || { echo "no C++ compiler '$(CXX)': install g++ (Debian: apt-get install g++, macOS: xcode-select --install) or set CXX" >&2; exit 1; }
	$(CXX) -std=c++17 -O2 -Wall -fPIC -shared -o $@ $<

bench: $(STAMP) ## time the models, side by side with the package it replaces
	$(BIN)/python benchmarks/models.py

build: $(STAMP) ## build the wheel and the source distribution
	$(BIN)/python -m pip install --quiet build && $(BIN)/python -m build

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis $(CPP_LIB)
	find src -name __pycache__ -prune -exec rm -rf {} +
