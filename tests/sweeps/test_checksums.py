"""The checksum of a result covers names, values and units, and not where blocks end."""

import numpy as np
import pytest

from immunosim.sweeps.checksums import Digest

VALUES, UNITS = np.arange(6.0), {"cd4": "cells/uL"}


def checksum(*blocks, name="cd4", units=UNITS):
    digest = Digest()
    for block in blocks:
        digest.add({name: block})
    return digest.hexdigest(units)


def test_where_blocks_end_does_not_matter():
    assert checksum(VALUES[:2], VALUES[2:]) == checksum(VALUES)


def test_one_kind_of_nan_is_all():
    other = np.array([np.nan, 1.0])
    other.view(np.int64)[0] |= 5
    assert checksum(other) == checksum(np.array([np.nan, 1.0]))


@pytest.mark.parametrize(
    "changed",
    [
        {"units": {"cd4": "1e9/L"}},
        {"units": {}},
        {"name": "cd8", "units": {"cd8": "cells/uL"}},
    ],
    ids=["unit", "no unit", "name"],
)
def test_a_unit_or_a_name_that_differs_is_another_result(changed):
    assert checksum(VALUES, **changed) != checksum(VALUES)


def test_a_value_that_differs_by_a_bit_is_another_result():
    assert checksum(np.nextafter(VALUES, np.inf)) != checksum(VALUES)
