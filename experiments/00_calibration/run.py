"""Fit the population's values to the trials, and one patient's values to the case report.

Least squares on logarithms with the priors of the parameter set; targets in targets.toml. Without ``--refit`` the
shipped values are compared with the targets. Run: ``python experiments/00_calibration/run.py [NAME...] [--refit]``.
"""

import argparse
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from immunosim import load_scenario
from immunosim.errors import ImmunosimError
from immunosim.models import load_parameters
from immunosim.problem import Problem, prepare
from immunosim.scenario import Infusion, Output, Scenario, events_of
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TARGETS = tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))
Vector = npt.NDArray[np.float64]


class Calibration:
    """One set of targets with the parameters that are free to meet them."""

    def __init__(self, name: str) -> None:
        self.section: dict[str, Any] = TARGETS[name]
        self.free: list[str] = self.section["free"]
        self.problems = {False: self._prepared("scenario")}
        if "counterfactual" in self.section:
            self.problems[True] = self._prepared("counterfactual")
        self.centre, self.spread = self._prior()

    def _prepared(self, key: str) -> Problem:
        """Prepare a scenario that reports at the targets' times only."""
        scenario = load_scenario(ROOT / self.section[key])
        times = {self.time(scenario, time) for target in self.section["targets"] for time in target["times"]}
        times = [time for time in sorted(times) if time >= 0.0]
        output = Output(every=scenario.horizon, during_treatment=scenario.horizon, extra=tuple(times))
        return prepare(scenario.model_copy(update={"output": output, "observed": ()}))

    @staticmethod
    def time(scenario: Scenario, time: float | str) -> float:
        """Return a target's time in days."""
        if isinstance(time, (int, float)):
            return time * DAYS_PER_MONTH
        if time.startswith("end of course"):
            label = f"course {time.split()[-1]}"
            return max(e.stop for e in events_of(scenario) if isinstance(e, Infusion) and e.label.startswith(label))
        if time.startswith("course"):
            _, number, sign, amount, unit = time.split()
            days = float(amount) * (DAYS_PER_MONTH if unit.startswith("month") else 1.0)
            return scenario.course[int(number) - 1].start + (days if sign == "+" else -days)
        return float(time.split()[0])

    def _prior(self) -> tuple[Vector, Vector]:
        """Return the logarithms of the prior medians, and their standard deviations."""
        parameters = load_parameters()
        if "spread" in self.section:
            centre = {name: self.section["centre"].get(name, parameters.value(name)) for name in self.free}
            return np.log(list(centre.values())), np.array(self.section["spread"])
        priors = [parameters[name].prior for name in self.free]
        medians = [p.median if p else parameters.value(n) for n, p in zip(self.free, priors, strict=True)]
        return np.log(medians), np.array([p.sd if p else 1.0 for p in priors])

    def start(self) -> Vector:
        """Return the logarithms of the shipped values."""
        problem = self.problems[False]
        return np.log([problem.vector[problem.model.position[name]] for name in self.free])

    def trajectories(self, point: Vector) -> dict[bool, Trajectory]:
        """Simulate the scenario, and its counterfactual, at a point of the search."""
        found = {}
        for key, problem in self.problems.items():
            names = problem.model.module.PARAMETERS
            values = {name: float(problem.vector[problem.model.position[name]]) for name in names}
            values.update(zip(self.free, np.exp(point).tolist(), strict=True))
            vector = problem.model.close(values)
            moved = replace(problem, vector=vector, initial_state=problem.model.baseline(vector))
            found[key] = Trajectory.of(moved, solve(moved))
        return found

    def rows(self, point: Vector) -> list[tuple[str, float, float, float, float]]:
        """Return (name, day, target, model, deviation in standard deviations) of every target."""
        trajectories, found = self.trajectories(point), []
        for target in self.section["targets"]:
            trajectory = trajectories[target.get("counterfactual", False)]
            series = trajectory[target["name"]]
            scale = series[0] if self.section.get("relative_to_start") else 1.0
            for time, value in zip(target["times"], target["values"], strict=True):
                day = self.time(trajectory.scenario, time)
                model = float(series[int(np.argmin(np.abs(trajectory.time - day)))]) / scale
                gap = model - value if target.get("absolute") else np.log(max(model, 1e-9) / value)
                found.append((target["name"], day, value, model, gap / target["sd"]))
        return found

    def residuals(self, point: Vector) -> Vector:
        """Return the deviations from targets and priors; large where the point is not admissible."""
        pull = (point - self.centre) / self.spread
        n_targets = sum(len(target["times"]) for target in self.section["targets"])
        try:
            gaps = [row[-1] for row in self.rows(point)]
        except ImmunosimError:
            gaps = [100.0] * n_targets
        return np.nan_to_num(np.concatenate([gaps, pull]), nan=100.0)

    def fit(self, starts: int, seed: int = 1) -> Vector:
        """Return the best point from several starts."""
        rng = np.random.default_rng(seed)
        points = [self.start()]
        points += [self.centre + 0.5 * self.spread * rng.normal(size=len(self.free)) for _ in range(starts)]
        fits = [least_squares(self.residuals, point, diff_step=1e-4, max_nfev=80) for point in points]
        print("sum of squares from each start:", *(f"{2 * fit.cost:.4g}" for fit in fits))
        best: Vector = min(fits, key=lambda fit: fit.cost).x
        return best

    def report(self, point: Vector) -> None:
        """Print targets against the model, and the parameters."""
        for name, day, value, model, gap in self.rows(point):
            print(f"{name:22s} day {day:7.1f}  target {value:9.4g}  model {model:9.4g}  {gap:+5.1f} sd")
        print(f"sum of squares {np.sum(self.residuals(point) ** 2):.4g}")
        for name, value, pull in zip(self.free, np.exp(point), (point - self.centre) / self.spread, strict=True):
            print(f"{name} = {value:.4g}  # {pull:+.1f} sd from its prior")


def main() -> None:
    """Compare or refit the chosen calibrations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*", default=list(TARGETS), help=f"any of {', '.join(TARGETS)}; default all")
    parser.add_argument(
        "--refit", action="store_true", help="search for the best values; otherwise show the shipped ones"
    )
    parser.add_argument("--starts", type=int, default=4, help="random starts besides the shipped values")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.which) - set(TARGETS))
    if unknown:
        parser.error(f"no targets for {', '.join(unknown)}; known are {', '.join(TARGETS)}")
    for name in chosen.which:
        print(f"\n== {name}")
        calibration = Calibration(name)
        point = calibration.fit(chosen.starts) if chosen.refit else calibration.start()
        calibration.report(point)


if __name__ == "__main__":
    main()
