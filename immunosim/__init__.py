"""Mechanistic simulator of immune repopulation after lymphocyte depletion.

Research and teaching software, not a medical device.
"""

# Not from typing: the command line handles Ctrl-C after this file, and what it imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from immunosim.attribution import Attribution, Comparison, Counterfactuals, DifferenceCauses, Explanation
    from immunosim.calibration.result import CalibrationResult
    from immunosim.cohorts import CohortResult, open_cohort
    from immunosim.door.calibrating import calibrate
    from immunosim.door.checking import ScenarioCheck, check
    from immunosim.door.cohorts import cohort, estimate_cohort
    from immunosim.door.comparing import attribute, compare, explain_difference
    from immunosim.door.data import PatientData, read_data, write_recipe
    from immunosim.door.differentiating import differentiate
    from immunosim.door.estimating import SweepEstimate, estimate_sweep
    from immunosim.door.fit_parts import profile, sample
    from immunosim.door.fitting import fit
    from immunosim.door.forecasting import Forecast, forecast
    from immunosim.door.installation import InstallationCheck, KernelCache, compiled_kernels, examine
    from immunosim.door.models import ModelDescription, describe_model
    from immunosim.door.parameters import ParameterTable, describe_parameters
    from immunosim.door.predicting_cohorts import predict_cohort
    from immunosim.door.reporting import write_report
    from immunosim.door.risks import Risk, risk
    from immunosim.door.scenario_files import scenario_schema, starting_scenario
    from immunosim.door.sensitivity import sensitivity
    from immunosim.door.simulating import explain, simulate, verify
    from immunosim.door.stored import digest_of, failure_atlas, merge_stores, replay
    from immunosim.door.sweeping import ensemble, sweep
    from immunosim.ensembles import Endpoint, EnsembleResult, Replay, load_ensemble, simulate_ensemble
    from immunosim.ensembles.atlas import FailureAtlas
    from immunosim.fitting import Fitted, PatientFits
    from immunosim.models import available_models, load_parameters, register_model
    from immunosim.qualification import Qualification, qualify
    from immunosim.scenario import Scenario, load_scenario, to_toml
    from immunosim.scenario.examples import copy_examples, examples
    from immunosim.sensitivity_analysis import Analysis
    from immunosim.sweeps import RunOptions, Shard, SweepResult, open_result
    from immunosim.teach.check import LessonCheck, check_lessons
    from immunosim.teach.grade import Grades, grade_lessons
    from immunosim.teach.new import write_lesson
    from immunosim.trajectory import Trajectory
    from immunosim.verification import Verification

__version__ = "0.1.0"
__all__ = [
    "Analysis",
    "Attribution",
    "CalibrationResult",
    "CohortResult",
    "Comparison",
    "Counterfactuals",
    "DifferenceCauses",
    "Endpoint",
    "EnsembleResult",
    "Explanation",
    "FailureAtlas",
    "Fitted",
    "Forecast",
    "Grades",
    "InstallationCheck",
    "KernelCache",
    "LessonCheck",
    "ModelDescription",
    "ParameterTable",
    "PatientData",
    "PatientFits",
    "Qualification",
    "Replay",
    "Risk",
    "RunOptions",
    "Scenario",
    "ScenarioCheck",
    "Shard",
    "SweepEstimate",
    "SweepResult",
    "Trajectory",
    "Verification",
    "__version__",
    "attribute",
    "available_models",
    "calibrate",
    "check",
    "check_lessons",
    "cohort",
    "compare",
    "compiled_kernels",
    "copy_examples",
    "describe_model",
    "describe_parameters",
    "differentiate",
    "digest_of",
    "ensemble",
    "estimate_cohort",
    "estimate_sweep",
    "examine",
    "examples",
    "explain",
    "explain_difference",
    "failure_atlas",
    "fit",
    "forecast",
    "grade_lessons",
    "load_ensemble",
    "load_parameters",
    "load_scenario",
    "merge_stores",
    "open_cohort",
    "open_result",
    "predict_cohort",
    "profile",
    "qualify",
    "read_data",
    "register_model",
    "replay",
    "risk",
    "sample",
    "scenario_schema",
    "sensitivity",
    "simulate",
    "simulate_ensemble",
    "starting_scenario",
    "sweep",
    "to_toml",
    "verify",
    "write_lesson",
    "write_recipe",
    "write_report",
]

_HOMES = {
    "Analysis": "immunosim.sensitivity_analysis",
    "attribute": "immunosim.door.comparing",
    "Attribution": "immunosim.attribution",
    "available_models": "immunosim.models",
    "calibrate": "immunosim.door.calibrating",
    "CalibrationResult": "immunosim.calibration.result",
    "check": "immunosim.door.checking",
    "check_lessons": "immunosim.teach.check",
    "cohort": "immunosim.door.cohorts",
    "CohortResult": "immunosim.cohorts",
    "compare": "immunosim.door.comparing",
    "Comparison": "immunosim.attribution",
    "compiled_kernels": "immunosim.door.installation",
    "copy_examples": "immunosim.scenario.examples",
    "Counterfactuals": "immunosim.attribution",
    "describe_model": "immunosim.door.models",
    "describe_parameters": "immunosim.door.parameters",
    "DifferenceCauses": "immunosim.attribution",
    "differentiate": "immunosim.door.differentiating",
    "digest_of": "immunosim.door.stored",
    "Endpoint": "immunosim.ensembles",
    "ensemble": "immunosim.door.sweeping",
    "EnsembleResult": "immunosim.ensembles",
    "estimate_cohort": "immunosim.door.cohorts",
    "estimate_sweep": "immunosim.door.estimating",
    "examine": "immunosim.door.installation",
    "examples": "immunosim.scenario.examples",
    "explain": "immunosim.door.simulating",
    "explain_difference": "immunosim.door.comparing",
    "Explanation": "immunosim.attribution",
    "failure_atlas": "immunosim.door.stored",
    "FailureAtlas": "immunosim.ensembles.atlas",
    "fit": "immunosim.door.fitting",
    "Fitted": "immunosim.fitting",
    "Forecast": "immunosim.door.forecasting",
    "forecast": "immunosim.door.forecasting",
    "grade_lessons": "immunosim.teach.grade",
    "Grades": "immunosim.teach.grade",
    "InstallationCheck": "immunosim.door.installation",
    "KernelCache": "immunosim.door.installation",
    "LessonCheck": "immunosim.teach.check",
    "load_ensemble": "immunosim.ensembles",
    "load_parameters": "immunosim.models",
    "load_scenario": "immunosim.scenario",
    "merge_stores": "immunosim.door.stored",
    "ModelDescription": "immunosim.door.models",
    "open_cohort": "immunosim.cohorts",
    "open_result": "immunosim.sweeps",
    "ParameterTable": "immunosim.door.parameters",
    "PatientData": "immunosim.door.data",
    "PatientFits": "immunosim.fitting",
    "predict_cohort": "immunosim.door.predicting_cohorts",
    "profile": "immunosim.door.fit_parts",
    "Qualification": "immunosim.qualification",
    "qualify": "immunosim.qualification",
    "read_data": "immunosim.door.data",
    "register_model": "immunosim.models",
    "replay": "immunosim.door.stored",
    "Replay": "immunosim.ensembles",
    "Risk": "immunosim.door.risks",
    "risk": "immunosim.door.risks",
    "RunOptions": "immunosim.sweeps",
    "sample": "immunosim.door.fit_parts",
    "Scenario": "immunosim.scenario",
    "scenario_schema": "immunosim.door.scenario_files",
    "ScenarioCheck": "immunosim.door.checking",
    "sensitivity": "immunosim.door.sensitivity",
    "Shard": "immunosim.sweeps",
    "simulate": "immunosim.door.simulating",
    "simulate_ensemble": "immunosim.ensembles",
    "starting_scenario": "immunosim.door.scenario_files",
    "sweep": "immunosim.door.sweeping",
    "SweepEstimate": "immunosim.door.estimating",
    "SweepResult": "immunosim.sweeps",
    "to_toml": "immunosim.scenario",
    "Trajectory": "immunosim.trajectory",
    "Verification": "immunosim.verification",
    "verify": "immunosim.door.simulating",
    "write_lesson": "immunosim.teach.new",
    "write_recipe": "immunosim.door.data",
    "write_report": "immunosim.door.reporting",
}


def __getattr__(name: str) -> "Any":
    """Import a public name at its first use, so that importing the package stays quick."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names, which are what completion offers."""
    return list(__all__)
