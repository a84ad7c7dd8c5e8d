# Everything sets itself up: a virtual environment in .venv, by pip alone.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test thorough coverage engines docs docs-site lint golden diagnoses level2 bench clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group test
	touch $@

demo: $(READY)  ## Check a small batch and show what comes out.
	@echo '$$ claimcheck check fixtures/837p/demo.837'
	@$(BIN)/claimcheck check fixtures/837p/demo.837; status=$$?; \
	  echo; echo "exit status $$status: 1 means that some line was rejected"; test $$status -eq 1

test: $(READY)  ## All tests, with lint, types and import contracts.
	$(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder

thorough: $(READY)  ## The tests that leave some out for time, with all of it: more examples of slow laws, every code.
	CLAIMCHECK_THOROUGH=1 $(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder tests/checks/test_payer_matrix.py \
	  tests/runs tests/writers/test_277ca.py

coverage: $(READY)  ## All tests again, and what they leave out of src: too much of it is an error.
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist loadgroup --no-loadscope-reorder -m "not measured"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage json --quiet -o - | $(BIN)/python tests/support/branches.py

engines: $(READY)  ## Install Spark and Dask, for their tests not to be skipped.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group engines

docs: $(READY)  ## Install what makes the site, for its tests not to be skipped.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group docs

docs-site: docs  ## Build the site of docs/ into build/site; a link that leads nowhere is an error.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

golden: $(READY)  ## Write anew what tests compare: docs/checks, docs/reference, and the answers to the batches in fixtures.
	PYTHONPATH=tests $(BIN)/python tests/support/golden.py

diagnoses: $(READY)  ## Make rules/diagnoses.csv.xz anew of what CMS publishes (CLAIMCHECK_SHARED).
	PYTHONPATH=tests $(BIN)/python tests/support/shipped_diagnoses.py

level2: $(READY)  ## Make rules/level2.csv.xz anew of what CMS publishes (CLAIMCHECK_SHARED).
	PYTHONPATH=tests $(BIN)/python tests/support/shipped_level2.py

bench: $(READY)  ## Measure everything, beside the floor and the peers, and write benchmarks/RESULTS.md.
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf .venv .cache build dist
