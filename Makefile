# One command each for a machine with Python 3.11 or newer, git and make. Windows: see README.md.

PYTHON ?= python3

# What to install beside the project: the tested versions. Other sets, in a fresh .venv:
#   make check PINS=                                 the newest versions
#   make check PINS='--resolution lowest-direct'     the oldest that pyproject.toml allows
#   make check PINS='sqlalchemy==2.0.*'              the older SQLAlchemy
PINS = --constraint .ci/constraints.txt

# `python -m`, not the scripts in .venv/bin: those break when the folder is moved.
VENV_PYTHON = .venv/bin/python
INSTALL = $(VENV_PYTHON) -m uv pip install --python $(VENV_PYTHON) --compile-bytecode $(PINS)

# What is run is compiled once, whatever the environment says: the tests start hundreds of Python processes.
unexport PYTHONDONTWRITEBYTECODE

# Notebooks as tests; beside nbval, an audit that sees what nbval is blind to. Two workers would leave a core idle
# whenever a cell waits.
NBVAL = $(VENV_PYTHON) -m pytest --nbval -p todo_lib.authoring.audit -p tests.forked_runner -p no:schemathesis \
    -n 4 --dist loadscope --no-loadscope-reorder -q
# Another order each time; SEED=… repeats one. The plugins that no test uses take seconds to load, in each worker.
SEED ?= $(shell date +%M%S)
PYTEST = $(VENV_PYTHON) -m pytest -n 4 --dist loadfile --no-loadscope-reorder -q \
    -p no:nbval -p no:schemathesis --random-order --random-order-seed=$(SEED)

.PHONY: help lab workspace test fast lesson check bench lint format notebooks new-lesson solved links constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

lab: .venv/.lab ## set up what is missing and open the course in JupyterLab
	PATH="$$PWD/.venv/bin:$$PATH" $(VENV_PYTHON) -m jupyterlab --ServerApp.root_dir=notebooks $(LAB_ARGS)

workspace: .venv/.lab ## a copy of the synchronous app to migrate in files; AFTER=05 for one that is that far
	$(VENV_PYTHON) -m todo_lib.course.migration.workspace $${AFTER:+--after="$$AFTER"}

test: lint ## prove everything: lint, notebooks, tests
	@$(MAKE) check

fast: lint ## in a minute: lint, the app, the lab
	$(PYTEST) tests/app tests/lab

lesson: .venv/.test ## one lesson, N=05: build it, run both editions, its answers, its picture
	$(VENV_PYTHON) -m todo_lib.authoring.build --lesson $(N)
	$(VENV_PYTHON) -m todo_lib.authoring.build --solved build/solved
	$(NBVAL) notebooks/$(N)_*.ipynb build/solved/$(N)_*.ipynb
	$(PYTEST) tests/course tests/authoring/test_browser.py \
	    -k "$$(basename -s .ipynb notebooks/$(N)_*.ipynb | cut -d _ -f 2-)"

check: .venv/.test ## notebooks and tests without lint
	@$(VENV_PYTHON) -m todo_lib.authoring.build --solved build/solved
	$(NBVAL) --whole-course notebooks build/solved
	$(PYTEST) --durations 10
	@$(VENV_PYTHON) -m todo_lib.authoring.links --status

bench: .venv/.test ## measure what the course says about time
	$(VENV_PYTHON) -m tests.bench.http
	$(VENV_PYTHON) -m tests.bench.store_calls
	$(VENV_PYTHON) -m tests.bench.hops
	$(VENV_PYTHON) -m tests.bench.waiting
	$(VENV_PYTHON) -m tests.bench.watcher
	$(VENV_PYTHON) -m tests.bench.check_time

lint: .venv/.test ## check style, imports, types, and that nothing derived is stale
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	$(VENV_PYTHON) -m mypy
	$(VENV_PYTHON) -m todo_lib.authoring.build --check

format: .venv/.test ## format the code and repair what can be repaired
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

notebooks: .venv/.test ## build the notebooks whose lesson changed; ALL=1 runs every one
	$(VENV_PYTHON) -m todo_lib.authoring.build $${ALL:+--all}

new-lesson: .venv/.test ## begin a lesson between two others: NAME=two_sessions AFTER=first_awaits
	$(VENV_PYTHON) -m todo_lib.authoring.insert $(NAME) --after $(AFTER)

solved: .venv/.test ## write the solved edition, with its outputs, into build/solved
	$(VENV_PYTHON) -m todo_lib.authoring.build --solved build/solved

links: .venv/.test ## list the addresses on the web that the course names, and visit each
	$(VENV_PYTHON) -m todo_lib.authoring.links

# A browser's Python (emscripten) cannot run this course.
constraints: .venv/.uv ## note the newest versions in .ci/constraints.txt; run `make test` afterwards
	{ echo '# The versions that `make` installs, for every platform. Regenerate: make constraints'; \
	  $(VENV_PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --all-extras \
	    --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml \
	    | grep -v "== 'emscripten'"; \
	} > .venv/constraints.txt
	mv .venv/constraints.txt .ci/constraints.txt

clean: ## remove .venv and caches; your own work stays
	rm -rf .venv .pytest_cache .ruff_cache build *.egg-info
	find todo_lib tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
	find notebooks -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +

# The files below say that a step is done, so that it is repeated only when its input changed.

.venv/.uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer, please: make lab PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt uv
	@touch $@

.venv/.lab: .venv/.uv pyproject.toml .ci/constraints.txt
	$(INSTALL) --editable .
	@touch $@

.venv/.test: .venv/.uv pyproject.toml .ci/constraints.txt
	$(INSTALL) --editable '.[test]'
	@touch .venv/.lab $@
