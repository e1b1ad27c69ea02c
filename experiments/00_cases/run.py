"""Fit the individual values of the three published cases, as members of the population of the trials.

Least squares over traits of the population, each counted as a standard normal number; targets in targets.toml. Without
``--refit`` the shipped values are compared with the targets.

Run: ``python experiments/00_cases/run.py [NAME...] [--refit]``.
"""

import argparse
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.stats import norm, qmc

import immunosim as ims
from immunosim.models import find_model, load_parameters
from immunosim.scenario import Scenario
from immunosim.units import DAYS_PER_MONTH

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TARGETS = tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))
POPULATION = tomllib.loads(find_model().files("populations")["trials"].read_text(encoding="utf-8"))
TRAITS = {trait["name"]: trait for trait in POPULATION["trait"]}
TITRE = "anti_drug_antibody"
"""The individual value that stands in the table of the patient."""

FAILED = 100.0
"""Deviation of a patient who cannot be simulated."""

Array = npt.NDArray[np.float64]


def individual_values(traits: list[str], scores: Array) -> dict[str, Array]:
    """Return the parameters of patients by name, shape (n,), from the scores of their traits, shape (n, n_traits)."""
    parameters, values = load_parameters(), {}
    for name, score in zip(traits, scores.T, strict=True):
        trait = TRAITS[name]
        factor = np.exp(trait["sd"] * score - (0.5 * trait["sd"] ** 2 if trait.get("keeps_mean") else 0.0))
        for parameter in trait.get("multiplies", ()):
            values[parameter] = values.get(parameter, parameters.value(parameter)) * factor
        for parameter in trait.get("odds", ()):
            share = parameters.value(parameter)
            values[parameter] = share * factor / (1.0 - share + share * factor)
    return values


class Case:
    """A case: its scenarios without individual values, the traits that may differ, and the targets."""

    def __init__(self, name: str) -> None:
        section: Mapping[str, Any] = TARGETS[name]
        self.traits: list[str] = section["traits"]
        self.held: dict[str, float] = section.get("held", {})
        self.targets: list[dict[str, Any]] = section["targets"]
        self.file = ROOT / section["scenario"]
        self.scenarios = {False: _without_values(self.file)}
        if "counterfactual" in section:
            self.scenarios[True] = _without_values(ROOT / section["counterfactual"])

    def rows(self, values: Mapping[str, Array]) -> list[tuple[str, float, float, Array, Array]]:
        """Return (read-out, day, target, simulated, deviation in standard deviations) of every number."""
        found = []
        for is_counterfactual, scenario in self.scenarios.items():
            targets = [target for target in self.targets if target.get("counterfactual", False) == is_counterfactual]
            days = {text: _day(scenario, text) for target in targets for text in target["times"]}
            readouts = sorted({target["name"] for target in targets})
            result = ims.simulate_ensemble(
                scenario, dict(values), readouts=readouts, times=np.array(sorted(days.values()))
            )
            for target in targets:
                of_time = result.dataset[target["name"]].transpose("time", ...)
                for text, value in zip(target["times"], target["values"], strict=True):
                    simulated = of_time.sel(time=days[text], method="nearest").values
                    absolute = target.get("absolute", False)
                    gap = simulated - value if absolute else np.log(np.maximum(simulated, 1e-9) / value)
                    found.append((target["name"], days[text], value, simulated, gap / target["sd"]))
        return found

    def values(self, scores: Array) -> dict[str, Array]:
        """Return the parameters of patients with these scores."""
        held = {name: np.full(len(scores), value) for name, value in self.held.items()}
        return individual_values(self.traits, scores) | held

    def deviations(self, scores: Array) -> Array:
        """Return the deviations from the targets and from the typical patient, shape (n, n_targets + n_traits)."""
        gaps = np.column_stack([row[-1] for row in self.rows(self.values(scores))])
        return np.column_stack([np.nan_to_num(gaps, nan=FAILED), scores])

    def slopes(self, scores: Array, step: float = 1e-3) -> Array:
        """Return the derivatives of the deviations of one patient."""
        moved = self.deviations(np.vstack([scores, scores + step * np.eye(len(scores))]))
        return ((moved[1:] - moved[0]) / step).T

    def fit(self, candidates: int, starts: int) -> Array:
        """Return the scores of the best fit, from the best of many candidates."""
        points = norm.ppf(qmc.Sobol(len(self.traits), seed=1).random(candidates)) * 1.2
        losses = (self.deviations(points) ** 2).sum(axis=1)
        fits = [
            least_squares(lambda z: self.deviations(z[None])[0], points[index], jac=self.slopes, max_nfev=60)
            for index in np.argsort(losses)[:starts]
        ]
        print("sum of squares from each start:", *(f"{2 * fit.cost:.4g}" for fit in fits))
        best: Array = min(fits, key=lambda fit: float(fit.cost)).x
        return best


def _without_values(file: Path) -> Scenario:
    """Read a scenario and take its individual values away."""
    scenario = ims.load_scenario(file)
    patient = scenario.patient.model_copy(update={TITRE: None})
    return scenario.model_copy(update={"parameters": {}, "patient": patient, "observed": ()})


def _day(scenario: Scenario, text: str) -> float:
    _, number, sign, amount, unit = text.split()
    days = float(amount) * (DAYS_PER_MONTH if unit.startswith("month") else 1.0)
    return float(scenario.course[int(number) - 1].start + (days if sign == "+" else -days))


def report(case: Case, values: Mapping[str, Array]) -> None:
    """Print the targets beside what is simulated."""
    for name, day, value, simulated, gap in case.rows(values):
        print(f"{name:12s} day {day:7.1f}  target {value:7.4g}  simulated {simulated[0]:7.4g}  {gap[0]:+5.1f} sd")


def shipped_values(case: Case) -> dict[str, Array]:
    """Return the individual values of the shipped scenario."""
    scenario = ims.load_scenario(case.file)
    values = {name: np.array([float(value)]) for name, value in scenario.parameters.items()}
    titre = scenario.patient.anti_drug_antibody
    return values if titre is None else values | {TITRE: np.array([float(titre)])}


def main() -> None:
    """Compare or refit the chosen cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*", default=list(TARGETS), help=f"any of {', '.join(TARGETS)}; default all")
    parser.add_argument("--refit", action="store_true", help="search for the values; otherwise show the shipped ones")
    parser.add_argument("--candidates", type=int, default=8192, help="members of the population that are tried first")
    parser.add_argument("--starts", type=int, default=6, help="the best of them from which a search starts")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.which) - set(TARGETS))
    if unknown:
        parser.error(f"no targets for {', '.join(unknown)}; known are {', '.join(TARGETS)}")
    for name in chosen.which:
        print(f"\n== {name}")
        case = Case(name)
        if not chosen.refit:
            report(case, shipped_values(case))
            continue
        scores = case.fit(chosen.candidates, chosen.starts)
        report(case, case.values(scores[None]))
        for trait, score in zip(case.traits, scores, strict=True):
            print(f"# {trait}: {score:+.2f} standard deviations, quantile {norm.cdf(score):.3f}")
        for parameter, value in case.values(scores[None]).items():
            print(f"{parameter} = {value[0]:.4g}")


if __name__ == "__main__":
    main()
