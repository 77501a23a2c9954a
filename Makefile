# Each target works alone on a machine with Python 3.11 or newer and nothing else prepared.
#   make demo PYTHON=/path/to/python    chooses the interpreter.

# Every process of a test would compile pandas and the others anew: 1.5 s instead of 0.3 s.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
STAMP := $(VENV)/.setup-done
BENCH_STAMP := $(VENV)/.bench-done
# npm writes it when it is done.
CDK_CLI := cdk/node_modules/.package-lock.json

# Workers share nothing: each starts its own emulator when its files need one, so a file's tests stay together.
PARALLEL := -n 2 --dist loadfile
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout 240 $(addprefix --nbval-sanitize-with ,$(wildcard notebooks/sanitize.cfg))

# The notebooks get a stack of their own, fresh, and stopped at the end; yours stays as it is.
TEST_HOME := $(CURDIR)/build/home
STOP := $(BIN)/workbench down >/dev/null 2>&1
WITH_STACK = export WORKBENCH_HOME='$(TEST_HOME)'; trap '$(STOP)' EXIT; trap 'exit 130' INT TERM; \
	$(STOP); rm -rf '$(TEST_HOME)/local'; $(BIN)/workbench up

.PHONY: help setup demo browser static check test notebooks pictures bench clean

help:
	@echo "make demo       the whole main job on the AWS stack in the laptop, ending with a table and a chart"
	@echo "make test       everything that is checked: style, types, imports, all tests, the notebooks"
	@echo "make check      the quick part of it, for while you work"
	@echo "make notebooks  execute the notebooks again and keep their outputs"
	@echo "make pictures   take the pictures of the widgets in docs/images again"
	@echo "make bench      measure the workbench beside other tools, on an idle machine (QUICK=1 for a look)"
	@echo "make clean      remove the virtual environment, caches and build products"

setup: $(STAMP) $(CDK_CLI)

demo: $(STAMP)
	@$(BIN)/workbench demo

static: $(STAMP)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(BIN)/lint-imports

# What takes long, because it starts programs or draws many samples: `test` has it too.
LONG := analysis/test_athena.py analysis/test_effects.py cdk cli compute/test_seeding_quality.py compute/test_supervise.py \
	experiments/test_epidemic.py experiments/test_queueing.py experiments/test_ride_conservation.py experiments/test_ride_hailing.py faults localcloud property \
	runs/test_commands.py runs/test_pool.py runs/test_refine.py runs/test_shard_choice.py runs/test_verify.py

# Twice as many workers as cores: many of these tests wait for processes.
check: static
	$(RUN) pytest -n 4 --dist loadfile -m "not emulator and not browser" $(LONG:%=--ignore=tests/%) --doctest-modules tests workbench

# The types of the CDK take a minute or two to read the first time, too long for `check`.
test: static $(CDK_CLI) browser
	cd cdk && ../$(RUN) mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache *.py
	@$(WITH_STACK) && $(RUN) pytest $(PARALLEL) $(NBVAL) --doctest-modules tests workbench notebooks

notebooks: $(STAMP)
	@$(WITH_STACK) && $(BIN)/python notebooks/execute.py

pictures: $(STAMP) browser
	WORKBENCH_PICTURES=docs/images $(RUN) pytest tests/browser

# On a machine that does nothing else. BENCH takes more options: make bench BENCH='--race W5 --runs 3'.
bench: $(BENCH_STAMP)
	$(RUN) benchmarks.run $(if $(QUICK),--quick) $(BENCH)
	$(BIN)/python benchmarks/imports.py 11 $(if $(QUICK)$(findstring --race,$(BENCH)),,| tee -a docs/performance.md)

clean:
	@if [ -x $(BIN)/workbench ]; then $(STOP); WORKBENCH_HOME='$(TEST_HOME)' $(STOP); fi; true
	rm -rf $(VENV) build dist cdk/cdk.out cdk/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find workbench lambdas cdk tests notebooks -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# Modules are compiled when they are first imported: most of the CDK never is, and compiling it takes longer than the rest.
$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the pinned packages into $(VENV); this takes a few minutes once."
	@$(RUN) pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.[dev]'
	@touch $@

# With the Node and the npm of the virtual environment.
$(CDK_CLI): cdk/package.json cdk/package-lock.json | $(STAMP)
	@echo "Installing the pinned command line of the CDK into cdk/node_modules."
	@cd cdk && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent
	@touch $@

# The widgets are tested in a browser; Playwright drives the system's own and downloads none.
browser:
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing chromium, in which the widgets are tested."; \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
		else \
			echo "There is no Chromium to test the widgets in. On Debian: sudo apt-get install chromium" >&2; exit 1; \
		fi; \
	fi

$(BENCH_STAMP): $(STAMP)
	@echo "Installing what the workbench is measured beside into $(VENV)."
	@$(RUN) pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

$(BIN)/python:
	@found=; \
	for candidate in $(PYTHON); do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "No Python 3.11 or newer among: $(PYTHON). Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		package=$$($$found -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing $$package, which Debian keeps apart from Python."; \
			apt-get update -qq && apt-get install -y -qq $$package; \
		else \
			echo "$$found cannot make virtual environments. On Debian or Ubuntu: sudo apt-get install $$package" >&2; exit 1; \
		fi; \
	fi; \
	$$found -m venv --clear $(VENV)
