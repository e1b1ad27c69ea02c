"""What was measured of patients: records, and where they come from."""

from immunosim.observations.clinic import read_clinic_table
from immunosim.observations.of_scenario import observed_in
from immunosim.observations.records import Measurement

__all__ = ["Measurement", "observed_in", "read_clinic_table"]
