# SPDX-License-Identifier: Apache-2.0
#
# Every target sets up .venv by itself; the second time that takes a second.
PYTHON ?= python3
SETUP = @command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: sudo apt-get install python3 python3-venv"; exit 2; }; \
	$(PYTHON) tools/venv.py
RUN = .venv/bin/python
# ROS stays on this machine: the tests neither hear nor disturb a robot on the same network.
# Two processes: much of the time a test waits for others. PROCESSES=0 runs them one after the other. Each computes on
# one core: OpenMP's threads spin while they wait, and those of two processes take each other's cores for it.
# A process that dies ends the run; with another in its place pytest-xdist may wait for its tests for ever. Files come as
# they are collected: by their numbers of tests, those of one long test would be last, and leave one process idle.
PROCESSES ?= 2
PYTEST = ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST OMP_NUM_THREADS=1 $(RUN) -m pytest -n $(PROCESSES) --dist loadfile \
	--no-loadscope-reorder --max-worker-restart=0 --durations=30

.DEFAULT_GOAL := help
.PHONY: help demo test test-all coverage kernels lint types bench lock clean

help:
	@echo "make demo      see the package at work"
	@echo "make test      the tests, without the slow ones"
	@echo "make test-all  all tests"
	@echo "make coverage  all tests, and the lines that none of them runs"
	@echo "make kernels   compile what the simulator and the street maps compute with; tests do so where it is missing"
	@echo "make lint      ruff: rules and format"
	@echo "make types     mypy"
	@echo "make bench     how fast, as ratios against a baseline measured in the same run"
	@echo "make lock      write locks/ anew, with the newest versions that pyproject.toml allows"
	@echo "make clean     remove .venv, build outputs and caches"
	@echo
	@echo "PYTHON=python3.12 chooses the Python (3.10 to 3.13); PYTEST_ARGS='-k camera' narrows the tests."

demo:
	$(SETUP) demo
	.venv/bin/mia demo

test:
	$(SETUP) dev
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

test-all:
	$(SETUP) dev
	$(PYTEST) $(PYTEST_ARGS)

# Apart from the tests, because it takes a third more time.
coverage:
	$(SETUP) dev
	$(PYTEST) --cov --cov-report=term $(PYTEST_ARGS)

# A minute on one core, and several processes of the tests would each take it.
kernels:
	$(SETUP) dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && cd "$$folder" && \
	mia() { PYTHONPATH="$(CURDIR)" "$(CURDIR)/$(RUN)" -m mia_ros.cli "$$@" > log 2>&1 || { cat log; exit 1; }; } && \
	mia simulate town --seed 1 --out . && mia simulate drive --map town-1.osm --seconds 1 --out drive

lint:
	$(SETUP) dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

types:
	$(SETUP) dev
	$(RUN) -m mypy

bench:
	$(SETUP) bench
	$(RUN) -m benchmarks $(BENCH_ARGS)

lock:
	$(PYTHON) tools/lock.py

clean:
	rm -rf .venv build install log dist demo .coverage htmlcov .hypothesis .pytest_cache .mypy_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
