# The commands people and CI share. PYTHON may name any Python from 3.11 on.
PYTHON ?= python3
DATA ?= ../shared/data
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-fast test-processors check format install clean

# What `make demo` and production need; the tests' tools come on top with `make test` and `make check`.
demo: $(VENV)/.installed
	@exec $(BIN)/python -m lookalike demo --port $(PORT) $(if $(CATALOGUE),--catalogue "$(CATALOGUE)")

test: $(VENV)/.installed-dev
	@scripts/system_packages.sh
	LOOKALIKE_DATA="$(abspath $(DATA))" scripts/test.sh $(BIN)/python

# The tests that start no service, drive no browser, read no real pictures, train nothing and measure no time.
test-fast: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not (services or browser or data or training or alone)"

# The tests that compute, as older and newer processors would run them.
test-processors: $(VENV)/.installed-dev
	scripts/test_processors.sh $(BIN)/python

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@scripts/create_venv.sh "$(PYTHON)" $(VENV)
	@echo "Installing what Lookalike needs (PyTorch is large: some minutes on a first run) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[model,embedded-redis]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing the tests' tools ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[model,embedded-redis,benchmark,dev]"
	@touch $@

clean:
	rm -rf $(VENV) .cache .lookalike
