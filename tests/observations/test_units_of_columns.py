"""The unit of a column is what its header says; where it says none, what all values fit and nothing else."""

import pytest

from immunosim.errors import QuantityError
from immunosim.observations.headers import column_of, suggestion
from immunosim.observations.inference import inferred_unit
from immunosim.observations.laboratory import measurable


def read(header):
    found = column_of(header, measurable)
    return found.kind, found.unit


@pytest.mark.parametrize(
    ("header", "kind", "unit"),
    [
        *(("CD4 [cells/uL]", "cd4", "cells/uL"), ("CD4 (/mm3)", "cd4", "/mm3"), ("CD4, G/L", "cd4", "G/L")),
        *(("CD4 cells/uL", "cd4", "cells/uL"), ("ALC x 10^9/L", "lymphocytes", "x10^9/L"), ("CD4", "cd4", "")),
        *(
            ("CD4 [%]", "cd4", "%"),
            ("CD4 %", "cd4", "%"),
            ("CD4 (% of lymphocytes)", "cd4", "%"),
            ("CD4 pct", "cd4", "%"),
        ),
        *(("Dose [g]", "dose", "g"), ("AMT", "dose", ""), ("infused over [min]", "duration", "min")),
        *(("Age [months]", "age", "months"), ("DOB", "birth_date", ""), ("Gender", "sex", "")),
        *(
            ("days since first dose", "day", ""),
            ("Monate nach Therapie", "month", ""),
            ("Nominal time (h)", "time", "h"),
        ),
        *(("Dosis mg", "dose", "mg"), ("Gewicht in kg", "weight", "kg")),
        *(("Infusion min", "duration", "min"), ("Infusionsdauer Std", "duration", "h")),
        *(("Linfocitos T CD4 (cél/µL)", "cd4", "cél/µL"), ("Linfociti totali [10^9/L]", "lymphocytes", "10^9/L")),
        *(
            ("Recuento de linfocitos (miles/mm3)", "lymphocytes", "miles/mm3"),
            ("Lymfocyter 10^9/L", "lymphocytes", "10^9/L"),
        ),
        *(("T-Helferzellen (CD4+) [/µl]", "cd4", "/µl"), ("Lymphocytes B, /mm3", "cd19", "/mm3")),
        *(("Fecha de extracción", "date", ""), ("Provtagningsdatum", "date", ""), ("Untersuchungstag", "day", "")),
        *(("Study Day", "day", ""), ("weeks", "week", ""), ("time [h]", "time", "h"), ("Visit No", "remark", "")),
        *(("alemtuzumab_serum [ng/mL]", "alemtuzumab_serum", "ng/mL"), ("Salt score", "salt_score", "")),
    ],
)
def test_a_header_is_a_kind_and_a_unit(header, kind, unit):
    assert read(header) == (kind, unit)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("CD4 [% of CD5]", 'is a share of "CD5", which is not known'),
        ("CD4 [mg]", '"1.0 mg" is a mass'),
        ("dose [days]", '"1.0 days" is a time'),
        ("age [kg]", '"1.0 kg" is a mass'),
        ("alemtuzumab_serum [cells/uL]", '"1.0 cells/uL" is'),
        ("time [cells]", '"1.0 cells" is a plain number'),
        ("weight [stone]", '"1.0 stone" has the unknown unit'),
    ],
)
def test_a_unit_that_does_not_fit_its_kind_is_refused(header, reason):
    with pytest.raises(QuantityError) as caught:
        read(header)
    assert caught.value.reason.startswith(reason)


def test_what_a_column_is_follows_from_its_kind():
    time, share, count = (column_of(header, measurable) for header in ("week", "CD4 %", "CD4 [/uL]"))
    assert (time.is_time, share.is_time) == (True, False)
    assert (share.is_percent, count.is_percent) == (True, False)


def test_an_unknown_header_gets_the_one_that_is_close():
    assert suggestion("lymphocites [G/L]") == 'did you mean "lymphocytes"?'
    assert suggestion("hobby") == "rename it if it should be used"


@pytest.mark.parametrize(
    ("analyte", "values", "unit"),
    [
        *(("lymphocytes", [0.0, 10.0], "1e9/L"), ("lymphocytes", [2.0], "1e9/L"), ("lymphocytes", [101.0], "cells/uL")),
        *(("lymphocytes", [1.0, 100.1, 0.0], "cells/uL"), ("cd4", [0.5, 3.0], "1e9/L"), ("cd4", [0.2], "1e9/L")),
        *(("cd4", [1.0, 101.0], "cells/uL"), ("cd4", [0.0, 900.5], "cells/uL")),
    ],
)
def test_a_unit_is_told_where_only_one_fits_all_values(analyte, values, unit):
    assert inferred_unit(analyte, values) == unit


@pytest.mark.parametrize(
    ("analyte", "values"),
    [
        *(("lymphocytes", [10.1]), ("lymphocytes", [0.5, 100.0]), ("lymphocytes", [0.5, 1000.0])),
        *(("lymphocytes", [1e9]), ("cd4", [3.1, 0.2]), ("cd4", [2.0, 3.0]), ("cd4", [100.0]), ("cd4", [0.5, 200.0])),
        *(("cd4", [1e9]), ("cd4", [0.0])),
    ],
)
def test_where_values_fit_several_units_or_none_nothing_is_guessed(analyte, values):
    with pytest.raises(QuantityError, match=r"has no unit, and its values from .* do not tell which"):
        inferred_unit(analyte, values)
    with pytest.raises(QuantityError, match="has no unit and no values"):
        inferred_unit(analyte, [])
