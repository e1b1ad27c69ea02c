"""The problem of a fit: patients with their treatments, free parameters and error models."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from immunosim.codegen.loader import Model
from immunosim.errors import DataError, did_you_mean
from immunosim.fitting.fit_data import DataSource, FitData
from immunosim.fitting.likelihood.covariates import CovariateDesign, arrange
from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import Subject, subject_of
from immunosim.fitting.likelihood.transforms import Coordinates, FreeParameter, coordinates_of, plain_name
from immunosim.fitting.parameter_selection import informed_parameters, with_priors
from immunosim.fitting.patients import scenario_of
from immunosim.fitting.untreated import scales_of_given_counts
from immunosim.observations import PatientRecord
from immunosim.parameters import ParameterSet
from immunosim.problem import Problem, prepare

UNINFORMED = "the data do not inform any parameter that has a prior"
"""Why there is nothing to report of a fit."""

OTHERS = "others"
"""What ``fix`` calls the parameters that are not reported."""


@dataclass(frozen=True)
class FitOptions:
    """Options of a fit.

    Attributes
    ----------
    free : tuple of str
        Parameters to report; empty for those that the data inform most.
    fix : tuple of str
        Parameters to hold at the scenario's values. All others with a prior are free under it, so that their
        uncertainty counts in every interval; ``others`` holds all that are not reported.
    limits : mapping of str to (float, float), optional
        Limits of the search that replace the defaults, in the parameter's unit.
    noise : mapping of str to Noise, optional
        By analyte; default: lognormal with the week-to-week variation of counts.
    shared : float
        Fraction of a subset's error variance shared with the total count.
    priors : bool
        Whether to use the priors of the parameter set.
    n_threads : int
    follow_up : float
        Days after the last dose for which a patient is simulated, whatever the scenario's horizon; 0 for the horizon.
    """

    free: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    limits: Mapping[str, tuple[float, float]] | None = None
    noise: Mapping[str, ErrorModel] | None = None
    shared: float = 0.5
    priors: bool = True
    n_threads: int = 1
    follow_up: float = 0.0


@dataclass(frozen=True, eq=False)
class FitProblem:
    """Patients ready for individual or joint fits.

    Attributes
    ----------
    problem : Problem
        Of the common scenario.
    patients : tuple of PatientRecord
    subjects : tuple of Subject
        One for each patient, with the patient's own treatment.
    coordinates : Coordinates
        Of one patient.
    reported : tuple of str
        Parameters whose values are asked for, the best known first; the other coordinates are nuisance parameters.
    noise : dict of str to Noise
    factors : tuple of str
        Analytes whose noise is estimated.
    wishes : FitOptions
    is_chosen : bool
        Whether the free parameters were chosen automatically.
    assumed : tuple of str
        What neither the table nor the scenario says, in sentences.
    source : DataSource
        Where the measurements come from.
    """

    problem: Problem
    patients: tuple[PatientRecord, ...]
    subjects: tuple[Subject, ...]
    coordinates: Coordinates
    reported: tuple[str, ...]
    noise: dict[str, ErrorModel]
    factors: tuple[str, ...]
    wishes: FitOptions
    is_chosen: bool
    assumed: tuple[str, ...] = ()
    source: DataSource = field(default_factory=DataSource)

    @property
    def data(self) -> FitData:
        """The data, as results keep them."""
        return FitData(self.patients, self.source, self.noise, self.wishes.shared, self.assumed)

    def alone(self, index: int = 0) -> Posterior:
        """Return the posterior of one patient."""
        return self._posterior((self.subjects[index],))

    def pooled(self, covariates: Mapping[str, Sequence[str]] | None = None) -> tuple[Posterior, CovariateDesign]:
        """Return the joint posterior of all patients with common parameters and covariates."""
        arrangement = self.arranged(self.coordinates.names, covariates)
        posterior = self._posterior(self.subjects)
        return replace(posterior, coordinates=arrangement.coordinates, designs=arrangement.designs), arrangement

    def all_alike(self) -> Posterior:
        """Return the posterior of all patients with the same parameters."""
        return self._posterior(self.subjects)

    def arranged(
        self, common: Collection[str], covariates: Mapping[str, Sequence[str]] | None = None
    ) -> CovariateDesign:
        """Return the unknowns of all patients together."""
        return arrange(self.coordinates.parameters, self.patients, common, covariates, self.wishes.priors)

    def conditional(self) -> FitProblem:
        """Return the same patients with only the reported parameters free, the others at the scenario's values."""
        coordinates = self.coordinates.only_reported()
        subjects = tuple(replace(subject, names=tuple(coordinates.names)) for subject in self.subjects)
        return replace(self, coordinates=coordinates, subjects=subjects)

    def _posterior(self, subjects: tuple[Subject, ...]) -> Posterior:
        wishes = self.wishes
        return Posterior(subjects, self.coordinates, self.factors, wishes.priors, wishes.n_threads)


def case_of(
    problem: Problem,
    patients: Sequence[PatientRecord],
    wishes: FitOptions,
    file: str = "scenario",
    announce: Callable[[str], None] | None = None,
) -> FitProblem:
    """Return the problem of a fit.

    Parameters
    ----------
    problem : Problem
        Of the common scenario; ages, weights and doses of the patients replace those of the scenario.
    patients : sequence of PatientRecord
        With measurements.
    wishes : FitOptions
    file : str
        Name of the scenario for messages.
    announce : callable, optional
        Receives a sentence before a slow step.

    Raises
    ------
    DataError
        If a name is unknown, or there are no parameters or measurements to fit. Where the data inform none, nothing is
        reported, and all parameters stay free under their priors.
    """
    analytes = sorted({measurement.analyte for who in patients for measurement in who.measurements})
    noise = _noise(problem.model, analytes, wishes.noise or {})
    problems = [_problem(problem, who, wishes.follow_up, file) for who in patients]
    position = problem.model.position
    values = {name: float(problem.vector[position[name]]) for name in problem.parameters}
    held = _held(problem, wishes) | scales_of_given_counts(problem.scenario, problem.parameters)
    reported = [plain_name(problem.parameters, name) for name in wishes.free]
    candidates = [name for name in with_priors(problem.parameters, values) if name not in held]
    if not reported:
        if announce is not None:
            announce("Selecting the free parameters")
        # Untreated counts are free in every fit, and would take the places of what a patient is fitted for.
        others = [name for name in candidates if not problem.parameters[name].scales]
        reported = informed_parameters(problems, [who.measurements for who in patients], noise, candidates=others)
    others = [name for name in candidates if name not in reported] if wishes.priors and OTHERS not in held else []
    if not (reported or others):
        raise DataError(UNINFORMED, key="free", cure="name some")
    # In the order of the parameter set: which of them are reported then moves no bit of a fit, and one compiled kernel
    # of derivatives serves all fits.
    order = list(problem.parameters)
    named = sorted([*(wishes.free or reported), *others], key=lambda name: _index(order, problem.parameters, name))
    coordinates = coordinates_of(problem.parameters, values, named, wishes.priors, others)
    coordinates = _within(coordinates, wishes.limits or {})
    factors = tuple(name for name, error_model in noise.items() if error_model.is_estimated)
    subjects = tuple(
        subject_of(who.name, problem, coordinates.names, who.measurements, noise, factors, wishes.shared)
        for who, problem in zip(patients, problems, strict=True)
    )
    about = (problem, tuple(patients), subjects, coordinates, tuple(reported))
    return FitProblem(*about, noise, factors, wishes, not wishes.free)


def _held(problem: Problem, wishes: FitOptions) -> set[str]:
    """Return the names of the parameters to hold at the scenario's values, and ``others`` where it is among them.

    Raises
    ------
    DataError
        If a name is unknown, or is to be reported as well.
    """
    known = [name for name in problem.parameters if problem.parameters[name].prior is not None]
    reported = {plain_name(problem.parameters, name) for name in wishes.free}
    held = set[str]()
    for name in wishes.fix:
        plain = name if name == OTHERS else plain_name(problem.parameters, name)
        if plain != OTHERS and plain not in problem.parameters:
            raise DataError("is not a parameter", key=f"fix {name}", cure=did_you_mean(plain, [*known, OTHERS]))
        if plain in reported:
            raise DataError("is to be reported as well", key=f"fix {name}", cure="leave it out of `free` or of `fix`")
        held.add(plain)
    return held


def _index(order: list[str], parameters: ParameterSet, name: str) -> int:
    """Return where a parameter stands in its set; at the end where it is unknown, which is said later."""
    plain = plain_name(parameters, name)
    return order.index(plain) if plain in order else len(order)


def _problem(problem: Problem, patient: PatientRecord, follow_up: float, file: str) -> Problem:
    scenario = scenario_of(problem.scenario, patient, follow_up)
    if scenario is problem.scenario:
        return problem
    return prepare(scenario, f"{file} for patient {patient.name}")


def _noise(model: Model, analytes: Sequence[str], given: Mapping[str, ErrorModel]) -> dict[str, ErrorModel]:
    for name in given:
        if name not in analytes:
            cure = did_you_mean(name, analytes)
            raise DataError(f'"{name}" is not a measured analyte', key="noise", cure=cure)
    return {analyte: given.get(analyte) or declared_noise(model, analyte) for analyte in analytes}


def declared_noise(model: Model, analyte: str) -> ErrorModel:
    """Return the error model declared by the read-out, or the default."""
    info = model.about(analyte)
    return ErrorModel.parse(info.noise, info.unit) if info.noise else ErrorModel()


def _within(coordinates: Coordinates, limits: Mapping[str, tuple[float, float]]) -> Coordinates:
    """Return coordinates with other search limits."""
    for name in limits:
        if name not in coordinates.names:
            raise DataError("is not fitted", key=f"limits {name}", cure=did_you_mean(name, coordinates.names))
    return Coordinates(tuple(_limited(parameter, limits.get(parameter.name)) for parameter in coordinates.parameters))


def _limited(parameter: FreeParameter, limits: tuple[float, float] | None) -> FreeParameter:
    if limits is None:
        return parameter
    low, high = limits
    if not 0.0 < low < parameter.value < high:
        reason = f"{low:g} to {high:g} does not contain the initial value {parameter.value:g}"
        cure = f"give positive limits around it, or set parameters.{parameter.name} in the scenario"
        raise DataError(reason, key=f"limits {parameter.name}", cure=cure)
    return replace(parameter, lower=low, upper=high)
