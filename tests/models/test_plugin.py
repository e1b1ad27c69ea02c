"""The example package adds a drug to a model: with its entry point alone, all that models can do works with it."""

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import immunosim as ims
from immunosim.model.network import Network
from immunosim.model.package import ModelPackage
from immunosim.models import find_model

SOURCES = Path(__file__).parents[2] / "docs" / "examples" / "anti_cd20"
B_CELLS = {"naive_b_blood", "naive_b_lymphoid", "memory_b_blood", "memory_b_lymphoid", "transitional_b"}


@pytest.fixture(scope="module")
def package(plugin: Path) -> ModelPackage:
    return find_model("anti_cd20")


@pytest.fixture(scope="module")
def network(package: ModelPackage) -> Network:
    network: Network = package.declare(package.parameters().units())
    return network


def test_it_is_found_in_the_copy_and_names_no_file_of_immunosim(package: ModelPackage, plugin: Path) -> None:
    assert package.folder == plugin / "immunosim_anti_cd20"


def test_its_parameters_are_those_of_alemtuzumab_and_its_own(package: ModelPackage) -> None:
    base, mine = find_model().parameters().values(), package.parameters().values()
    assert {name: mine[name] for name in base} == base
    assert {name for name in mine if name not in base} == {name for name in mine if name.startswith("anti_cd20_")}


def test_what_shapes_the_base_shapes_it_too(package: ModelPackage, plugin: Path) -> None:
    assert {plugin / "immunosim_anti_cd20" / "network.py", *find_model().sources} <= set(package.sources)


def test_every_source_that_it_names_is_in_a_bibliography(package: ModelPackage) -> None:
    parameters, known = package.parameters(), package.references()
    assert {key for name in parameters for key in parameters[name].source} <= known.keys()
    assert {key for drug in package.drugs for key in drug.source} - {"assumed", "case report"} <= known.keys()


def test_its_antibody_kills_b_cells_and_nothing_else(network: Network) -> None:
    killed = {str(item.reactant) for item in network.processes.values() if item.mechanism == "anti_cd20_depletion"}
    assert killed == B_CELLS


def test_the_rest_of_the_network_is_that_of_alemtuzumab(network: Network) -> None:
    base = find_model()
    expected = base.declare(base.parameters().units()).processes
    assert {name: item.rate for name, item in network.processes.items() if name in expected} == {
        name: item.rate for name, item in expected.items()
    }


runs = pytest.mark.slow
"""The kernels of one more model: half a minute of compiling."""


@pytest.fixture(scope="module")
def trajectory(plugin: Path) -> Any:
    return ims.simulate(plugin / "scenario.toml")


@runs
def test_b_cells_fall_while_t_cells_stay(trajectory: Any) -> None:
    assert float(trajectory.at("cd19", 30.0)) < 0.05 * float(trajectory.at("cd19", 0.0))
    for name in ("cd4", "cd8"):
        counts = np.array([float(trajectory.at(name, day)) for day in (0.0, 30.0, 180.0, 365.0, 730.0)])
        np.testing.assert_allclose(counts, counts[0], rtol=0.01)


@runs
def test_its_mass_balance_closes_and_another_solver_agrees(trajectory: Any) -> None:
    found = ims.verify(trajectory)
    assert found.failures == ()
    (balance,) = (balance for balance in found.balances if balance.drug == "anti_cd20")
    assert balance.given == 1200.0


@runs
def test_its_serum_level_is_in_summary_and_page(trajectory: Any, tmp_path: Path) -> None:
    assert trajectory.summary()["drug_levels"]["anti_cd20"]["detection_limit"] == 0.1
    trajectory.report(tmp_path / "page.html")
    assert "Anti-CD20 antibody in serum" in (tmp_path / "page.html").read_text(encoding="utf-8")


@runs
def test_a_drug_that_was_not_given_has_no_level(trajectory: Any) -> None:
    assert trajectory.summary()["drug_levels"]["alemtuzumab"]["after_course"] == []


@runs
@pytest.mark.usefixtures("trajectory")
def test_the_fall_of_b_cells_is_explained_by_it(plugin: Path) -> None:
    found = ims.explain(plugin / "scenario.toml", "cd19", at=30.0, accounting=True)
    assert abs(found.residual) <= 1e-6 * abs(found.change)
    strongest = min(found.contributions, key=lambda item: item.value)
    assert strongest.label == "anti-CD20 lysis of naive B cells in blood"


@runs
def test_a_sweep_over_its_clearance_orders_the_nadirs_of_b_cells(plugin: Path) -> None:
    found = ims.ensemble(
        plugin / "scenario.toml", {"anti_cd20_clearance": np.array([0.1, 0.2, 0.4])}, readouts=["cd19"]
    )
    assert found.status.tolist() == [0, 0, 0]
    counts = np.asarray(found.dataset["cd19"])
    assert np.all(np.diff(counts.min(axis=1)) > 0.0)


@runs
def test_it_is_installed_by_pip_and_runs(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="hatchling builds the package, and nothing is downloaded here")
    copy = tmp_path / "anti_cd20"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    venv.create(tmp_path / "venv", system_site_packages=False, with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    # What is installed beside the tests is found there too: immunosim and its dependencies.
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    outer = [path for path in sys.path if path.endswith("site-packages")]
    (site / "outer.pth").write_text("\n".join([str(Path(ims.__file__).parents[1]), *outer]), encoding="utf-8")
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", copy]
    subprocess.run(install, check=True, cwd=tmp_path)
    run = [python, "-m", "immunosim", "run", copy / "scenario.toml", "--out", tmp_path / "results"]
    subprocess.run(run, check=True, cwd=tmp_path, capture_output=True)
    summary = json.loads((tmp_path / "results" / "summary.json").read_text(encoding="utf-8"))
    assert summary["dose_totals"] == {"anti_cd20": 1200.0}
