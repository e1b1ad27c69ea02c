"""Scenarios: a patient's history, read from TOML or built in code, and turned into segments of constant inputs."""

from immunosim.scenario.computation import Mechanisms, Output, OutputRule, Solver
from immunosim.scenario.dosing import Change, Dosing, Premedication, TaperStep
from immunosim.scenario.findings import Note, Observed, Point, Relapse
from immunosim.scenario.model_names import check_names
from immunosim.scenario.overrides import apply_overrides
from immunosim.scenario.patient import Baseline, Draws, Patient
from immunosim.scenario.reader import build_scenario, load_document, load_scenario
from immunosim.scenario.regimen import (
    Bolus,
    Event,
    Infusion,
    dose_totals,
    events_of,
    keyed_events,
    start_of,
)
from immunosim.scenario.response import response_times, widest_gap
from immunosim.scenario.scenario import Scenario
from immunosim.scenario.segments import build_segments, output_times
from immunosim.scenario.superseded import SupersededKeyWarning
from immunosim.scenario.sweep import Sweep
from immunosim.scenario.treatments import Course, DrugDosing, RateStep, RegimenInput
from immunosim.scenario.writer import to_toml

__all__ = [
    "Baseline",
    "Bolus",
    "Change",
    "Course",
    "Dosing",
    "Draws",
    "DrugDosing",
    "Event",
    "Infusion",
    "Mechanisms",
    "Note",
    "Observed",
    "Output",
    "OutputRule",
    "Patient",
    "Point",
    "Premedication",
    "RateStep",
    "RegimenInput",
    "Relapse",
    "Scenario",
    "Solver",
    "SupersededKeyWarning",
    "Sweep",
    "TaperStep",
    "apply_overrides",
    "build_scenario",
    "build_segments",
    "check_names",
    "dose_totals",
    "events_of",
    "keyed_events",
    "load_document",
    "load_scenario",
    "output_times",
    "response_times",
    "start_of",
    "to_toml",
    "widest_gap",
]
