# The commands people and CI share. PYTHON may name any Python from 3.11 on.
PYTHON ?= python3
DATA ?= ../shared/data
PORT ?= 8000
SHOP_PORT ?= 8100
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo shop install install-train check test test-fast test-engines test-processors fuzz coverage format lock sbom widget manifests collection clean

help: ## Print what `make` can do
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1 \t\2/p' Makefile | expand -t 26

# What `make demo` and production on a CPU need. `make install-train` adds torch; `make test` and `make check` add the
# tests' tools as well.
demo: $(VENV)/.installed ## Serve a sample catalogue; CATALOGUE=path takes yours, PORT=8001 another port
	@exec $(BIN)/python -m lookalike demo --port $(PORT) $(if $(CATALOGUE),--catalogue "$(CATALOGUE)")

shop: $(VENV)/.installed ## Serve the example shop at SHOP_PORT (8100), and the demo that it asks at PORT
	@exec $(BIN)/python -m examples.shop --demo --port $(SHOP_PORT) --api http://localhost:$(PORT)

install: $(VENV)/.installed ## Install Lookalike into .venv; PYTHON=python3.12 takes another Python

install-train: $(VENV)/.installed-train ## The same with PyTorch, for training and for a GPU

check: $(VENV)/.installed-dev ## Format, lint, types and imports, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

test: $(VENV)/.installed-dev ## Run the whole suite; DATA=folder names the real pictures
	@scripts/system_packages.sh
	LOOKALIKE_DATA="$(abspath $(DATA))" scripts/test.sh $(BIN)/python

test-fast: $(VENV)/.installed-dev ## Run the unit tests: no services, browser, real pictures, training or timing
	$(BIN)/python -m pytest -m "not (services or browser or data or training or alone)"

test-engines: $(VENV)/.installed-dev ## Run what asks an index or a live catalogue against a real PostgreSQL that holds both
	scripts/test_engines.sh $(BIN)/python

test-processors: $(VENV)/.installed-dev ## Run the tests that compute, as older and newer processors would
	scripts/test_processors.sh $(BIN)/python

fuzz: $(VENV)/.installed-dev ## Feed mutated inputs to all that reads untrusted bytes; SECONDS=600, SEED=1 repeats a run
	@$(BIN)/python -m tools.fuzz --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED)) $(if $(TARGET),--target $(TARGET))

# Not part of `make test`: it takes a third more processor time, and some tests have time limits.
coverage: $(VENV)/.installed-dev ## Print which lines the unit tests reach
	@mkdir -p .cache
	$(BIN)/python -m pytest -m "not (services or browser or data or training or alone)" --cov --cov-report=term

format: $(VENV)/.installed-dev ## Format the code and fix what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.installed-dev ## Write requirements/*.lock from pyproject.toml; UPGRADE=1 takes the newest versions
	$(BIN)/python scripts/lock_versions.py $(if $(UPGRADE),--upgrade)

sbom: $(VENV)/.installed-dev ## Write what the images hold (CycloneDX) and its licences; OUT=folder, TRACING=1, QDRANT=1
	@$(BIN)/python -m scripts.write_sbom --out "$(or $(OUT),.cache/sbom)" $(if $(TRACING),--tracing) $(if $(QDRANT),--qdrant)

widget: $(VENV)/.installed-dev ## Bundle clients/widget into api/widget/widget.js
	$(BIN)/python -m scripts.build_widget

manifests: $(VENV)/.installed-dev ## Write deploy/kubernetes and the settings of the Helm chart
	@$(BIN)/python -m scripts.render_kubernetes

collection: $(VENV)/.installed-dev ## Write the HTTP interface for Postman and Bruno; OUT=folder, URL=http://host takes that service's examples
	@$(BIN)/python -m tools.collection --out "$(or $(OUT),.cache/collection)" $(if $(URL),--url "$(URL)")

clean: ## Remove .venv, the demo's files and caches
	rm -rf $(VENV) .cache .lookalike

$(VENV)/.installed: pyproject.toml
	@scripts/create_venv.sh "$(PYTHON)" $(VENV)
	@echo "Installing what Lookalike needs to extract, index and serve on a CPU ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[worker,embedded-redis,heif]"
	@touch $@

$(VENV)/.installed-train: $(VENV)/.installed
	@echo "Installing what training needs (PyTorch is large: some minutes on a first run) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[train,embedded-redis,heif]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-train tests/clients/package-lock.json tests/snippets/package-lock.json \
		clients/package-lock.json tests/tools/collection/package-lock.json
	@echo "Installing the tests' tools ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[train,clip,onnxruntime,embedded-redis,heif,otel,qdrant,benchmark,dev]"
	@$(BIN)/python scripts/install_client_tools.py
	@scripts/install_promtool.sh $(BIN)
	@touch $@
