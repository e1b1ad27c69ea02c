"""Scenarios: a patient's history, read from TOML or built in code, and turned into segments of constant inputs."""

from immunosim.scenario.names import check_names
from immunosim.scenario.overrides import apply_overrides
from immunosim.scenario.reader import build_scenario, load_scenario
from immunosim.scenario.records import (
    Baseline,
    Course,
    DimethylFumarate,
    Draws,
    Mechanisms,
    Methylprednisolone,
    Note,
    Observed,
    Output,
    Patient,
    Point,
    Prednisolone,
    Premedication,
    Relapse,
    Scenario,
    Solver,
    TaperStep,
    Triamcinolone,
)
from immunosim.scenario.regimen import Bolus, Infusion, dose_totals, events_of, start_of
from immunosim.scenario.segments import build_segments, output_times
from immunosim.scenario.writer import to_toml

__all__ = [
    "Baseline",
    "Bolus",
    "Course",
    "DimethylFumarate",
    "Draws",
    "Infusion",
    "Mechanisms",
    "Methylprednisolone",
    "Note",
    "Observed",
    "Output",
    "Patient",
    "Point",
    "Prednisolone",
    "Premedication",
    "Relapse",
    "Scenario",
    "Solver",
    "TaperStep",
    "Triamcinolone",
    "apply_overrides",
    "build_scenario",
    "build_segments",
    "check_names",
    "dose_totals",
    "events_of",
    "load_scenario",
    "output_times",
    "start_of",
    "to_toml",
]
