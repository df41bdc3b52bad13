# HS Desktop. `make help` lists the targets.

VENV   := .venv
PY     := $(VENV)/bin/python
PYTHON ?= $(if $(wildcard $(PY)),$(PY),python3)
STAMP  := $(VENV)/.installed
HEAD   := resources/samples/astronaut.png
BODY   := resources/samples/grace_hopper.jpg
SAMPLE := out/sample-swap.png

.DEFAULT_GOAL := help
.PHONY: help run install test lint format translations clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST))

run: $(STAMP) ## Open the editor on the sample photos; without a display, swap the heads of the two sample photos
	@if [ -f hs_desktop/app.py ] && { [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; }; then \
		exec $(PY) main.py --sample; \
	fi; \
	mkdir -p $(dir $(SAMPLE)) && \
	$(PY) main.py swap $(HEAD) $(BODY) -o $(SAMPLE) && \
	echo "The picture: $(CURDIR)/$(SAMPLE)"

install: $(STAMP) ## Install what is missing into .venv

test: lint ## Run every check: style, types, tests
	$(PY) -m pytest

lint: $(STAMP) ## Check style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(STAMP) ## Bring the code into shape
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

translations: $(STAMP) ## Bring the translations in line with the sources
	$(PY) packaging/translations.py

clean: ## Remove build output and caches; keep .venv, out/, data/ and runs/
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find main.py engine hs_desktop tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The first check keeps an old Python from getting as far as pip; a Python that isn't there at
# all may still arrive with the system packages.
TOO_OLD = { echo "HS Desktop needs Python 3.11 or newer; $(PYTHON) is" \
	"$$($(PYTHON) --version 2>/dev/null || echo missing)." \
	"Name another one: make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12" >&2; exit 1; }
IS_NEW  = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null

$(STAMP): pyproject.toml constraints.txt packaging/system-packages.sh
	@! command -v $(PYTHON) >/dev/null || $(IS_NEW) || $(TOO_OLD)
	@PYTHON=$(PYTHON) packaging/system-packages.sh
	@$(IS_NEW) || $(TOO_OLD)
	@echo "Installing into $(VENV); the first time this takes some minutes."
	@[ -x $(PY) ] || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@
