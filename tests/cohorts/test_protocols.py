"""Protocols: what a table means, and which tables are refused, each by its key."""

import numpy as np
import pytest

from immunosim.cohorts.protocol_runs import run_protocol
from immunosim.cohorts.protocols import load_protocol, plan_of, protocol_of
from immunosim.ensembles import Endpoint
from immunosim.ensembles.questions import question
from immunosim.ensembles.rows import vary
from immunosim.errors import DataError, ImmunosimError
from immunosim.problem import prepare
from immunosim.scenario import load_scenario

TEXT = """
[visits]
every = "1 month"
jitter = "5 days"
missed = 0.05

[dropout]
rate = "0.05/year"

[[assay]]
readout = "t_cells"
cv = 0.1
lloq = "20 cells/uL"

[[rule]]
name = "retreatment"
readout = "t_cells"
above = "0.6e9/L"
after = "course 1 + 6 months"
since_last = "3 months"
at_most = 2

[[rule.dose]]
drug = "antibody"
dose = "0.5 mg/kg"
doses = 2
every = "24 h"
"""
VISITS = {"every": "1 month"}
DOSE = {"drug": "antibody", "dose": "30 mg"}
RULE = {"name": "again", "readout": "t_cells", "above": "600 cells/uL", "dose": [DOSE]}


@pytest.fixture(scope="module")
def problem(configs):
    return prepare(load_scenario(configs / "teaching_course.toml"))


@pytest.fixture
def protocol(problem, tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text(TEXT, encoding="utf-8")
    return load_protocol(path, problem.scenario)


def asked(problem, **changes):
    span = problem.segments.boundaries[[0, -1]].tolist()
    return question(problem.model, span, endpoints=[Endpoint("nadir", "t_cells")], **changes)


def test_a_file_is_read_in_the_units_of_the_model(problem, protocol):
    plan = plan_of(protocol, [problem], asked(problem), seed=3)
    assert plan.triggers[0].level == 600.0
    assert protocol.rule[0].after == 6 * 30.4375
    assert protocol.rule[0].dose[0].dose == 35.0
    assert plan.assays[0].lloq == 20.0
    assert plan.readouts == ("t_cells",)
    assert protocol.dropout.rate == pytest.approx(0.05 / 365.25)


def test_patients_run_through_it(problem, protocol):
    rows = vary(problem, {"t_cell_count": np.linspace(800.0, 3000.0, 12)}, slice(0, 12))
    outcome = run_protocol(plan_of(protocol, [problem], asked(problem)), rows, np.arange(12))
    assert outcome.decisions
    assert (outcome.ensemble.status == 0).all()
    reported = outcome.measured[np.isfinite(outcome.measured)]
    assert reported.min() == 10.0  # half the limit of quantification


def test_what_is_asked_comes_before_what_rules_need(problem, protocol):
    plan = plan_of(protocol, [problem], asked(problem, readouts=("cytokine_level",), times=[0.0, 30.0]))
    assert plan.readouts == ("cytokine_level", "t_cells")
    assert plan.times.tolist() == [0.0, 30.0]


MALFORMED = {
    "rule without visits": ({"rule": [RULE]}, "visits"),
    "assay without visits": ({"assay": [{"readout": "t_cells", "cv": 0.1}]}, "visits"),
    "no visit before the horizon": ({"visits": {"at": ["30 years"]}}, "visits"),
    "far too many visits": ({"visits": {"every": "1 min"}}, "visits"),
    "unknown key": ({"visit": VISITS}, "visit"),
    "unknown key of a rule": ({"visits": VISITS, "rule": [RULE | {"bellow": "1 cells/uL"}]}, r"rule\[1\].bellow"),
    "rule without condition": ({"visits": VISITS, "rule": [RULE | {"above": None}]}, r"rule\[1\].below"),
    "rule with two conditions": ({"visits": VISITS, "rule": [RULE | {"event": True}]}, r"rule\[1\].above"),
    "rule without a dose": ({"visits": VISITS, "rule": [RULE | {"dose": []}]}, r"rule\[1\].dose"),
    "dose of an unknown drug": ({"visits": VISITS, "rule": [RULE | {"dose": [DOSE | {"drug": "antibdy"}]}]}, "drug"),
    "dose without a unit": ({"visits": VISITS, "rule": [RULE | {"dose": [DOSE | {"dose": 30}]}]}, r"dose\[1\].dose"),
    "implausible dose": ({"visits": VISITS, "rule": [RULE | {"dose": [DOSE | {"dose": "30 g"}]}]}, r"dose\[1\].dose"),
    "dose before the decision": (
        {"visits": VISITS, "rule": [RULE | {"dose": [DOSE | {"start": "-1 days"}]}]},
        r"dose\[1\].start",
    ),
    "empty window": ({"visits": VISITS, "rule": [RULE | {"after": "2 years", "until": "1 year"}]}, r"rule\[1\].until"),
    "rule without a name": ({"visits": VISITS, "rule": [{**RULE, "name": None}]}, r"rule\[1\].name"),
    "two rules of a name": ({"visits": VISITS, "rule": [RULE, RULE]}, r"rule\[2\].name"),
    "share above one": ({"visits": VISITS, "rule": [RULE | {"share": 1.5}]}, r"rule\[1\].share"),
    "never": ({"visits": VISITS, "rule": [RULE | {"at_most": 0}]}, r"rule\[1\].at_most"),
    "events of a level": ({"visits": VISITS, "rule": [RULE | {"events": 2}]}, r"rule\[1\].events"),
    "visits of events": (
        {"visits": VISITS, "rule": [RULE | {"above": None, "event": True, "visits": 2}]},
        r"rule\[1\].visits",
    ),
    "negative dropout": ({"dropout": {"rate": "-0.1/year"}}, "dropout.rate"),
    "dropout of another unit": ({"dropout": {"rate": "5 %"}}, "dropout.rate"),
    "two assays of a read-out": (
        {"visits": VISITS, "assay": [{"readout": "t_cells", "cv": 0.1}] * 2},
        r"assay\[2\].readout",
    ),
}


@pytest.mark.parametrize(("table", "key"), MALFORMED.values(), ids=list(MALFORMED))
def test_a_malformed_table_is_refused_by_its_key(problem, table, key):
    with pytest.raises(ImmunosimError, match=rf"^trial.toml: (\S*\.)?{key}"):
        protocol_of(table, problem.scenario, "trial.toml")


UNFIT = {
    "unknown read-out": ({"rule": [RULE | {"readout": "t_cell"}]}, r"rule\[1\].readout"),
    "level of another unit": ({"rule": [RULE | {"above": "3 mg"}]}, r"rule\[1\].above"),
    "level without a unit": ({"rule": [RULE | {"above": "600"}]}, r"rule\[1\].above"),
    "no hazard": ({"rule": [RULE | {"above": None, "event": True}]}, r"rule\[1\].readout"),
    "assay of an unknown read-out": ({"assay": [{"readout": "tcells", "cv": 0.1}]}, r"assay\[1\].readout"),
    "limit of another unit": ({"assay": [{"readout": "t_cells", "lloq": "3 mg"}]}, r"assay\[1\].lloq"),
    "limit of nothing": ({"assay": [{"readout": "t_cells", "lloq": "0 cells/uL"}]}, r"assay\[1\].lloq"),
}


@pytest.mark.parametrize(("table", "key"), UNFIT.values(), ids=list(UNFIT))
def test_what_does_not_fit_the_model_is_refused_by_its_key(problem, table, key):
    protocol = protocol_of({"visits": VISITS} | table, problem.scenario)
    with pytest.raises(DataError, match=f"^trial.toml: {key}"):
        plan_of(protocol, [problem], asked(problem), file="trial.toml")


def test_regimens_of_different_lengths_are_refused(configs, problem, protocol):
    longer = prepare(load_scenario(configs / "teaching_course.toml", ("horizon=30 months",)))
    with pytest.raises(DataError, match="over different times"):
        plan_of(protocol, [problem, longer], asked(problem))
