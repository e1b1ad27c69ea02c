"""Random scenarios as a user might write them: any valid combination of treatments, traits and parameter values."""

from typing import Any

from hypothesis import strategies as st

from immunosim.models import load_parameters

Table = dict[str, Any]


def numbers(least: float, most: float) -> st.SearchStrategy[float]:
    """Return plain numbers, rounded to four digits as people write them."""
    return st.floats(least, most, allow_nan=False).map(lambda value: float(f"{value:.4g}"))


@st.composite
def infusions(draw: st.DrawFn, dose: tuple[float, float]) -> Table:
    """Return a record of infusions of which none overlaps the next."""
    return {
        "dose": f"{draw(numbers(*dose))} mg",
        "doses": draw(st.integers(1, 5)),
        "every": f"{draw(numbers(13, 72))} h",
        "infusion": f"{draw(numbers(0.1, 12))} h",
    }


@st.composite
def courses(draw: st.DrawFn) -> list[Table]:
    """Return up to two courses, months apart."""
    found = []
    for start in (draw(numbers(0, 10)), draw(numbers(100, 200)))[: draw(st.integers(0, 2))]:
        premedication = draw(st.booleans())
        course = {"start": f"{start} days", **draw(infusions((1, 30))), "premedication": premedication}
        found.append({**course, "every": "24 h"} if premedication else course)
    return found


@st.composite
def patients(draw: st.DrawFn) -> Table:
    """Return a patient with any of the traits."""
    traits = {
        "age": numbers(18, 75),
        "weight": numbers(40, 140).map(lambda value: f"{value} kg"),
        "smoker": st.booleans(),
        "family_history": st.booleans(),
        "anti_drug_antibody": numbers(0, 1),
        "depletion_efficiency": numbers(0, 2),
    }
    return draw(st.fixed_dictionaries({}, optional=traits))


@st.composite
def parameter_tables(draw: st.DrawFn) -> Table:
    """Return values of a few parameters, up to three times more or less than the default and within their bounds."""
    parameters = load_parameters()
    names = [name for name in parameters if not name.endswith("_draw") and parameters.value(name) > 0]
    settable = sorted(set(names) - {"age", "weight", "anti_drug_antibody", "depletion_efficiency"})
    chosen = draw(st.lists(st.sampled_from(settable), max_size=4, unique=True))
    factors = [draw(numbers(1 / 3, 3)) for _ in chosen]
    values = {name: parameters.value(name) * factor for name, factor in zip(chosen, factors, strict=True)}
    return {name: min(max(v, parameters[name].lower), parameters[name].upper) for name, v in values.items()}


@st.composite
def scenarios(draw: st.DrawFn, mechanisms: tuple[str, ...]) -> Table:
    """Return the tables of a valid scenario of 300 days."""
    tablets = {"start": f"{draw(numbers(0, 60))} days", "dose": f"{draw(numbers(1, 100))} mg", "every": "24 h"}
    optional = {
        "course": courses(),
        "methylprednisolone": infusions((10, 2000)).map(lambda record: [{"start": "40 days", **record}]),
        "prednisolone": st.integers(1, 60).map(lambda doses: [{**tablets, "doses": doses}]),
        "triamcinolone": numbers(0, 250).map(lambda day: [{"start": f"{day} days", "dose": "15 mg"}]),
        "dimethyl_fumarate": numbers(1, 200).map(lambda day: [{"start": "0 days", "stop": f"{day} days"}]),
        "patient": patients(),
        "parameters": parameter_tables(),
        "mechanisms": st.lists(st.sampled_from(mechanisms), max_size=3, unique=True).map(lambda off: {"off": off}),
    }
    return {"horizon": "300 days", "output": {"every": "5 days"}, **draw(st.fixed_dictionaries({}, optional=optional))}
