"""What users import stands in the packages themselves, and costs no more than it needs."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pilqr_ros

ROOT = Path(pilqr_ros.__file__).parents[1]
EXAMPLE = ROOT / "examples" / "point_mass.py"
PACKAGES = ("pilqr_ros.trajopt", "pilqr_ros.learning")


def in_a_fresh_process(code):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout.split()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_is_the_modules(package):
    public = importlib.import_module(package)
    for module, names in public.MODULES.items():
        for name in names:
            assert getattr(public, name) is getattr(importlib.import_module(module), name)
    names = {name for names in public.MODULES.values() for name in names}
    assert set(public.__all__) == set(dir(public)) == names
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = public.nothing


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_are_told_the_same_names(package):
    text = Path(importlib.import_module(package).__file__).read_text()
    told = {line.split(" as ")[-1] for line in text.splitlines() if line.startswith("    from ")}
    names = {name for names in importlib.import_module(package).MODULES.values() for name in names}
    assert names <= told


def test_a_package_is_imported_without_what_nobody_asked_for():
    code = "import sys, pilqr_ros.trajopt; print(*sys.modules)"
    assert not {"scipy", "numpy"} & set(in_a_fresh_process(code))


def test_the_mathematics_trains_a_point_mass_on_numpy_and_scipy_alone():
    code = f"import runpy, sys; runpy.run_path({str(EXAMPLE)!r}); print(*sys.modules)"
    libraries = {name.partition(".")[0] for name in in_a_fresh_process(code)}
    assert {"numpy"} <= libraries
    assert not {"mujoco", "rclpy", "torch", "pydantic", "yaml"} & libraries


def test_the_point_mass_gets_to_its_goal():
    code = f"import runpy; print(runpy.run_path({str(EXAMPLE)!r})['main']())"
    assert float(in_a_fresh_process(code)[-1]) < 0.05
