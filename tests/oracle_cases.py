"""What tests of both oracles share: parameter sets read as plain TOML, patients, states and sums of rates."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import oracle as oracle_2
import version_1.oracle as oracle_1

MODEL = Path(__file__).parents[1] / "immunosim/models/alemtuzumab"
ROUNDING = 1e-12  # about a thousand roundings of float64, relative to the turnover of the pool
SHARES = ("privilege_loss", "glucocorticoid_effect", "acquired_regulation", "melanocyte_function")
INPUTS = {
    "alemtuzumab_infusion": 60.0,
    "methylprednisolone_infusion": 5000.0,
    "dimethyl_fumarate": 1.0,
    "immune_challenge": 1.0,
    "topical_immunotherapy": 0.5,
}
DISEASED = {
    "age": 45.0,
    "weight": 95.0,
    "follicle_clone_size": 0.3,
    "antigen_amplification": 1.3,
    "field_at_risk": 0.5,
    "anti_drug_antibody": 1.0,
    "smoker": 1.0,
    "family_history": 1.0,
}
"""A patient whose follicle, clone and age terms are far from zero, so that no closure is trivially met."""


@dataclass(frozen=True)
class Version:
    """One version of the model as its oracle has it."""

    oracle: ModuleType
    defaults_file: Path
    pools: int
    ill: dict[str, float]
    follicles: tuple[str, ...]
    idle: tuple[str, ...] = ()
    shifting: frozenset[str] = frozenset()

    def defaults(self) -> dict[str, float]:
        """Return the shipped parameter values by name."""
        tables = tomllib.loads(self.defaults_file.read_text(encoding="utf-8"))
        groups = [group for group in tables.values() if isinstance(group, dict)]
        return {
            name: float(entry["value"])
            for group in groups
            for name, entry in group.items()
            if isinstance(entry, dict) and "value" in entry
        }

    def diseased(self) -> dict[str, float]:
        """Return the values of a patient far from the default."""
        return self.defaults() | DISEASED | self.ill

    def inputs(self) -> dict[str, float]:
        """Return every input at the size of treatment."""
        return {name: INPUTS[name] for name in self.oracle.INPUTS}

    def untreated(self) -> dict[str, float]:
        """Return every input at zero."""
        return dict.fromkeys(self.oracle.INPUTS, 0.0)

    def perturbed(self, values: dict[str, float], seed: int) -> dict[str, float]:
        """Return a state with every pool positive and away from its untreated value; shares stay below one."""
        generator = np.random.default_rng(seed)
        state = self.oracle.baseline(values, switched_off(self.oracle))
        for pool, value in state.items():
            state[pool] = (value if value > 0 else 1.0) * generator.uniform(0.02, 3.0)
        for pool in (*SHARES, *self.follicles):
            if pool in state:
                state[pool] = generator.uniform(0.05, 0.95)
        return state


STAGES = ("anagen_follicles", "dystrophic_follicles", "catagen_follicles", "resting_follicles")
VERSIONS = {
    # Smoking and family history alone would make the avidity of the second patient exceed one.
    "alemtuzumab": Version(
        oracle_2,
        MODEL / "parameters/default.toml",
        pools=70,
        ill={"thyroid_liability": -1.0, "fumarate_sensitivity": 1.5, "injected_volume": 20.0},
        follicles=(*STAGES, "dormant_follicles"),
        # What the thymus exports are recent emigrants first.
        shifting=frozenset({"thymopoiesis", "recent_emigrants", "follicle_dormancy"}),
        idle=("thymic export of naive CD4 T cells", "thymic export of naive CD8 T cells"),
    ),
    "alemtuzumab_1": Version(oracle_1, MODEL / "version_1/parameters/default.toml", pools=46, ill={}, follicles=STAGES),
}


def switched_off(oracle: ModuleType, *mechanisms: str) -> dict[str, float]:
    """Return the switches of an oracle, all on but these."""
    return dict.fromkeys(oracle.SWITCHES, 1.0) | dict.fromkeys(mechanisms, 0.0)


def turnover(
    oracle: ModuleType, state: dict[str, float], p: dict[str, float], u: dict[str, float], on: dict[str, float]
) -> dict[str, float]:
    """Return the sum of the sizes of all rates that enter or leave each pool."""
    total = dict.fromkeys(state, 0.0)
    for process in oracle.processes(state, p, u, on):
        for pool in (process.reactant, process.product):
            if pool is not None:
                total[pool] += abs(process.rate)
    return total
