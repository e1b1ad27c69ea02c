"""``immunosim model`` shows the model as tables, equations, code and a drawing."""

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from immunosim.cli.model import TABLES
from immunosim.codegen.equation_text import WIDTH
from immunosim.codegen.loader import Model
from immunosim.models import load_parameters

Command = Callable[..., Result]


def test_the_overview_counts_everything_and_lists_the_mechanisms(command: Command, model: Model) -> None:
    text = command("model").stdout
    sizes = {"pools": model.pools, "processes": model.processes, "read-outs": model.readouts, "inputs": model.inputs}
    for kind, names in sizes.items():
        assert f"{len(names)} {kind}" in text
    assert f"{len(load_parameters())} parameters" in text
    rows = [line.split()[0] for line in text.splitlines() if line]
    assert [row for row in rows if row in model.mechanisms] == list(model.mechanisms)
    assert "Next:" in text


@pytest.mark.parametrize("topic", TABLES)
def test_json_and_table_hold_the_same_names(command: Command, topic: str) -> None:
    found = json.loads(command("model", topic, "--json").stdout)
    lines = command("model", topic).stdout.splitlines()
    assert [line.split()[0] for line in lines[3:]] == list(found)
    assert all(entry["unit"] for entry in found.values())


def test_json_of_all_equations_is_the_whole_model(command: Command, model: Model) -> None:
    found = json.loads(command("model", "equations", "--json").stdout)
    assert found == json.loads(command("model", "--json").stdout)
    assert list(found["processes"]) == list(model.processes)
    assert list(found["mechanisms"]) == list(model.mechanisms)
    lysis = found["processes"]["lysis_of_nk_cells"]
    assert (lysis["reactant"], lysis["product"], lysis["switches"]) == ("nk_cells", "", ["depletion", "nk_cells"])
    assert lysis["influences"] == ["ada_titre", "antibody_central", "nk_cells"]


def test_pools_come_with_their_untreated_values(command: Command, model: Model) -> None:
    found = json.loads(command("model", "pools", "--json").stdout)
    untreated = model.baseline(model.close(load_parameters().values()))
    assert [pool["untreated_value"] for pool in found.values()] == untreated.tolist()


def test_a_mechanism_alone_shows_what_belongs_to_it(command: Command) -> None:
    text = command("model", "--mechanism", "thymopoiesis").stdout
    assert "no new naive T cells" in text
    assert "thymic_export_of_naive_cd4_t_cells  (outside) -> naive_cd4_lymphoid" in text
    assert "thymic_drive" in text
    assert "lysis" not in text
    assert command("model", "pools", "--mechanism", "depletion").stdout == "Pools: none\n"


def test_every_equation_is_printed_once_and_can_be_read_back(command: Command, model: Model) -> None:
    lines = command("model", "equations").stdout.splitlines()
    assert max(map(len, lines)) <= WIDTH + 8  # an operator that moves to the next line
    body = lines[next(i for i, line in enumerate(lines) if line.startswith("== ")) :]
    equations: list[str] = []
    for line in body:
        if line.startswith("   "):
            equations[-1] += " " + line.strip()
        elif line.startswith("  ") and not line.startswith("  #"):
            equations.append(line.strip())
    formulas = dict(equation.split(" = ", 1) for equation in equations)
    for formula in formulas.values():
        ast.parse(formula, mode="eval")
    assert len(formulas) == len(equations)
    assert set(model.processes) <= set(formulas)
    assert {f"d {pool}/dt" for pool in model.pools} <= set(formulas)
    assert set(model.readouts) <= set(formulas)
    assert formulas["homing_of_naive_cd4_t_cells"] == "blood_exit_rate * naive_cd4_blood"


def test_latex_is_a_whole_document(command: Command) -> None:
    text = command("model", "latex", "--mechanism", "cytokines").stdout
    assert text.startswith(r"\documentclass")
    assert text.endswith("\\end{document}\n")
    assert "production of IL-7" in text


@pytest.mark.parametrize("name", ["rhs", "jacobian", "readouts", "rhs_slopes", "curvature"])
def test_a_kernel_is_printed_as_it_is_kept(command: Command, model: Model, name: str) -> None:
    """The last one is of those that only lanes have."""
    found = command("model", "--kernel", name)
    (function,) = ast.parse(found.stdout).body
    assert isinstance(function, ast.FunctionDef)
    assert function.name == name
    texts = [module.text for module in (model.module, model.derivatives, model.variations)]
    assert sum(found.stdout in text + "\n" for text in texts) == 1


def test_a_kernel_over_lanes_is_printed_as_llvm_reads_it(command: Command) -> None:
    found = command("model", "--kernel", "lanes.rhs")
    binding = pytest.importorskip("llvmlite.binding")
    binding.parse_assembly(found.stdout).verify()
    assert "il7" in found.stdout


def test_a_diagram_is_written_whole_and_without_leftovers(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = command("model", "--diagram", "figures/network.png")
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "Wrote figures/network.png\n")
    assert (tmp_path / "figures" / "network.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["network.png"]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["poools"], 'did you mean "pools"'),
        (["--mechanism", "cytokine"], 'did you mean "cytokines"?'),
        (["latex", "--mechanism", "cytokine"], 'did you mean "cytokines"?'),
        (["--kernel", "lanes.rsh"], 'did you mean "lanes.rhs"'),
        (["--kernel", "jacobain"], 'did you mean "jacobian"?'),
        (["--diagram", "network.jpg"], 'network.jpg: a diagram cannot be written as ".jpg", end the name in ".png"'),
        (["--diagram", "network"], "network: the name has no ending"),
        (["pools", "--kernel", "rhs"], "pools and --kernel exclude each other"),
        (["--kernel", "rhs", "--mechanism", "cytokines"], "--kernel does not go with --mechanism"),
        (["latex", "--json"], "latex does not go with --json"),
    ],
)
def test_a_wrong_question_is_answered_with_its_cure(command: Command, arguments: list[str], answer: str) -> None:
    found = command("model", *arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert answer in found.stderr


def test_a_diagram_where_none_can_be_written_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    found = command("model", "--diagram", tmp_path / "file" / "network.png")
    assert found.exit_code == 2
    assert "is a file, not a folder" in found.stderr
