# The two commands: `make demo` shows a living home, `make test` runs every check.
# Python 3.11 or newer is all that must be there; PYTHON=python3.12 chooses another.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes

.PHONY: help demo test check bench page docs lock clean

help:
	@echo "make demo   build what is needed into $(VENV) and show an emulated, recorded home"
	@echo "make test   run every check that can run here"
	@echo "make check  the checks without the tests; make bench  the benchmarks"
	@echo "make docs   write the generated pages anew; make lock  the lock files"

demo: $(VENV)/installed page
	@exec $(BIN)/forebay demo $(DEMO)

test: check
	$(BIN)/python -m pytest $(TESTS)

check: $(VENV)/installed-dev page web/node_modules/.package-lock.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.docs --check

bench: $(VENV)/installed-dev page
	$(PIP) -r requirements-bench.lock
	$(BIN)/python -m bench

page: $(VENV)/installed
	@$(BIN)/python hatch_build.py

# What checks the page; without it those tests are skipped with their reason.
web/node_modules/.package-lock.json: web/package-lock.json $(VENV)/installed
	@$(BIN)/python hatch_build.py --tools || echo "The page's own checks will be skipped."

docs: $(VENV)/installed-dev
	$(BIN)/python -m tools.docs --write

$(VENV)/bin/python:
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/venv.sh

$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what forebay needs into $(VENV) …"
	@$(PIP) -r requirements.lock
	@$(BIN)/python -m pip --disable-pip-version-check install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@$(PIP) -r requirements-dev.lock
	@touch $@

# Exact versions with hashes and without addresses, for every platform.
LOCK := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate
lock: $(VENV)/bin/python
	$(BIN)/python -m pip --disable-pip-version-check install --quiet uv
	$(BIN)/$(LOCK) --no-emit-package forebay --extra build -o requirements.lock pyproject.toml
	$(BIN)/$(LOCK) --no-emit-package forebay --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(BIN)/$(LOCK) --no-emit-package forebay --extra dev --extra bench -c requirements-dev.lock -o requirements-bench.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist src/forebay/views/web/static src/forebay/emulator/static web/node_modules
