"""What each conformance scenario gives, transcribed by hand: when, into which pool or input, how much.

Written from the text of the scenario files with pencil and paper, so that the expected curves know nothing of how the
package reads scenarios. Times are in days; nothing here may import immunosim.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

H = 1 / 24
MINUTE = 1 / 1440
SECOND = 1 / 86400
SAME_TIME = 1e-9
"""Times that differ by less (day) differ by the rounding of fractions of a day."""

ALEMTUZUMAB, PULSE, FUMARATE = "alemtuzumab_infusion", "methylprednisolone_infusion", "dimethyl_fumarate"
GUT, SCALP = "prednisolone_gut", "triamcinolone_depot"


class Infused(NamedTuple):
    """An amount (mg; of fumarate the integral of its level) into an input between two times."""

    input: str
    start: float
    stop: float
    amount: float


class Swallowed(NamedTuple):
    """An amount (mg) into a pool at once."""

    pool: str
    time: float
    amount: float


@dataclass(frozen=True)
class Given:
    """The doses of one scenario, the span it simulates, and in what its patient and model differ from the default."""

    horizon: float
    times: tuple[float, ...]
    doses: tuple[Infused | Swallowed, ...]
    start: float = 0.0
    patient: dict[str, float] = field(default_factory=dict)
    off: tuple[str, ...] = ()


def pulse(start: float, hours: float, mg: float) -> Infused:
    """Return an infusion of methylprednisolone."""
    return Infused(PULSE, start, start + hours * H, mg)


def antibody(start: float, hours: float, mg: float) -> Infused:
    """Return an infusion of alemtuzumab."""
    return Infused(ALEMTUZUMAB, start, start + hours * H, mg)


def fumarate(start: float, stop: float, level: float = 1.0) -> Infused:
    """Return dimethyl fumarate at a level relative to 480 mg a day."""
    return Infused(FUMARATE, start, stop, level * (stop - start))


def tablet(time: float, mg: float) -> Swallowed:
    """Return a dose of prednisolone."""
    return Swallowed(GUT, time, mg)


def injection(time: float, mg: float) -> Swallowed:
    """Return a session of triamcinolone."""
    return Swallowed(SCALP, time, mg)


def hours(*numbers: float) -> tuple[float, ...]:
    """Return hours as days."""
    return tuple(number * H for number in numbers)


NO_DEPLETION = ("depletion",)
TAPER_14 = (*(60.0,) * 5, *(40.0,) * 5, *(20.0,) * 4, *(10.0,) * 3, *(5.0,) * 2)

GIVEN = {
    "01_pulse_over_one_hour": Given(3, hours(12, 24, 24.5, 25, 26, 30, 36, 48, 60), (pulse(1, 1, 1000),)),
    "02_pulse_over_one_second": Given(3, hours(24, 25, 27, 30, 36, 48), (Infused(PULSE, 1.0, 1.0 + SECOND, 1000),)),
    "03_infusion_of_three_days": Given(6, hours(24, 26, 36, 48, 72, 96, 98, 102, 120), (pulse(1, 72, 300),)),
    "04_five_daily_pulses": Given(
        8,
        hours(25, 36, 49, 73, 97, 120, 121, 124, 144, 168),
        tuple(pulse(day, 1, 1000) for day in (1, 2, 3, 4, 5)),
    ),
    "05_pulses_with_a_taper": Given(
        7,
        hours(2, 24, 26, 50, 74, 96, 98, 100, 120, 144),
        tuple(pulse(day, 2, mg) for day, mg in enumerate((1000, 1000, 500, 500, 250))),
    ),
    "06_rates_that_change": Given(
        3,
        hours(1, 2, 3, 5, 6, 12, 12.25, 12.5, 15, 24, 48),
        (pulse(0, 2, 200), pulse(2 * H, 3, 75), pulse(12 * H, 0.5, 200)),
    ),
    "07_infusions_without_a_gap": Given(
        3, hours(6, 7, 8, 9, 12, 13, 24, 48), (pulse(6 * H, 2, 500), pulse(8 * H, 4, 125))
    ),
    "08_dose_per_body_weight": Given(
        3, hours(12, 13, 13.5, 15, 18, 24, 48), (pulse(0.5, 1.5, 780),), patient={"weight": 52.0}
    ),
    "09_late_cut_short_skipped": Given(
        6,
        hours(26, 48, 54, 56, 72, 72.6, 74, 96, 98, 120),
        (pulse(1, 2, 1000), pulse(2 + 6 * H, 2, 1000), pulse(3, 0.6, 300)),
    ),
    "10_infusion_to_the_horizon": Given(2, hours(0.5, 1, 6, 36, 37, 42, 47), (pulse(0, 1, 250), pulse(1.5, 12, 600))),
    "11_one_tablet": Given(3, hours(24, 24.5, 25, 26, 28, 32, 40, 48, 60), (tablet(1, 50),)),
    "12_tablet_at_time_zero": Given(2, hours(0.5, 1, 2, 4, 8, 16, 24), (tablet(0, 20),)),
    "13_thirty_daily_tablets": Given(
        32,
        hours(2, 24, 48, 50, 240, 242, 480, 696, 698, 720, 744),
        tuple(tablet(day, 40) for day in range(30)),
    ),
    "14_prednisolone_taper": Given(
        25,
        hours(48, 50, 144, 168, 170, 288, 290, 384, 386, 456, 458, 504, 552),
        tuple(tablet(2 + day, mg) for day, mg in enumerate(TAPER_14)),
    ),
    "15_doses_at_the_same_time": Given(3, hours(24, 25, 27, 30, 36, 48), (tablet(1, 30),)),
    "16_doses_on_output_times": Given(
        2, hours(6, 12, 18, 24, 30, 36, 42), tuple(tablet(n * 0.25, 15) for n in (1, 2, 3, 4, 5, 6))
    ),
    "17_very_small_dose": Given(2, hours(6, 7, 9, 12, 18, 24), (tablet(0.25, 1),)),
    "18_very_large_dose": Given(3, hours(18, 20, 24, 26, 28, 36, 48), (pulse(1, 4, 2000), tablet(0.75, 250))),
    "19_tablets_with_changes": Given(
        7,
        hours(14, 36, 41, 43, 60, 62, 84, 108, 110, 120, 144),
        (tablet(0.5, 42), tablet(1.5 + 5 * H, 42), tablet(2.5, 21), tablet(4.5, 42)),
        patient={"weight": 84.0},
    ),
    "20_injection_into_the_scalp": Given(60, (5, 6, 8, 12, 20, 30, 45), (injection(5, 10),)),
    "21_sessions_at_the_same_time": Given(90, (1, 14, 28, 29, 42, 60, 75), (injection(0, 10), injection(28, 10))),
    "22_injection_before_the_horizon": Given(
        10, (2, 3, 6, 14399 * MINUTE), (injection(2, 15), injection(14399 * MINUTE, 5))
    ),
    "23_dimethyl_fumarate": Given(200, (10, 11, 20, 50, 110, 120, 150), (fumarate(10, 110),)),
    "24_fumarate_dose_steps": Given(
        120,
        (1, 7, 10, 14, 25, 40, 50, 60, 75, 90, 100),
        (fumarate(0, 7, 0.25), fumarate(7, 14, 0.5), fumarate(14, 40), fumarate(60, 90, 0.5)),
    ),
    "25_treatment_before_day_zero": Given(30, (-200, -100, -30, 0, 15), (fumarate(-243.5, 30),), start=-243.5),
    "26_antibody_over_four_hours": Given(
        30, hours(24, 25, 28, 30, 36, 48, 72, 120, 240, 480), (antibody(1, 4, 12),), off=NO_DEPLETION
    ),
    "27_antibody_on_five_days": Given(
        60,
        hours(4, 24, 28, 48, 52, 72, 96, 100, 120, 168, 336, 720),
        tuple(antibody(day, 4, 12) for day in range(5)),
        off=NO_DEPLETION,
    ),
    "28_antibody_over_one_second": Given(
        20,
        hours(48, 49, 60, 72, 120, 240, 360),
        (Infused(ALEMTUZUMAB, 2.0, 2.0 + SECOND, 12),),
        off=NO_DEPLETION,
    ),
    "29_antibody_over_three_days": Given(
        20, hours(12, 24, 48, 84, 85, 96, 168, 336), (antibody(0.5, 72, 30),), off=NO_DEPLETION
    ),
    "30_weight_and_anti_drug_antibodies": Given(
        40,
        hours(2, 4, 24, 48, 52, 96, 240, 480, 720),
        (antibody(0, 4, 33), antibody(2, 4, 33)),
        patient={"weight": 110.0, "anti_drug_antibody": 1.0},
        off=NO_DEPLETION,
    ),
    "31_antibody_at_changing_rates": Given(
        20,
        hours(1, 1.5, 2, 4, 6, 8, 9, 10, 24, 72, 168, 336),
        (antibody(1 * H, 1, 3), antibody(2 * H, 2, 3), antibody(8 * H, 2, 6)),
        off=NO_DEPLETION,
    ),
    "32_premedication_then_antibody": Given(
        12,
        hours(24, 25, 26, 29, 49, 53, 77, 96, 100, 120, 124, 144, 216),
        (
            *(pulse(day, 1, 1000) for day in (1, 2, 3)),
            *(antibody(day + 1 * H, 4, 12) for day in (1, 2, 3)),
            *(antibody(day, 4, 12) for day in (4, 5)),
        ),
        off=NO_DEPLETION,
    ),
    "33_course_with_changes": Given(
        12,
        hours(2, 6, 24, 27, 29, 33, 48, 50, 52, 72, 96, 100, 144, 216),
        (
            *(pulse(0, 2, 500), pulse(27 * H, 2, 500)),
            *(antibody(2 * H, 4, 12), antibody(29 * H, 4, 12), antibody(48 * H, 2, 6), antibody(96 * H, 4, 12)),
        ),
        off=NO_DEPLETION,
    ),
    "34_drugs_that_overlap": Given(
        20,
        hours(24, 26, 28, 32, 36, 38, 48, 50, 72, 120, 240, 360),
        (
            *(fumarate(0, 10), antibody(1, 8, 12), pulse(26 * H, 12, 1000), injection(1, 10)),
            *(tablet(time, 50) for time in (1, 1.5, 2)),
        ),
        off=NO_DEPLETION,
    ),
    "35_additional_doses": Given(
        10,
        hours(12, 13, 16, 24, 48, 48.5, 50, 72, 96, 168),
        (antibody(0.5, 4, 10), pulse(0.5, 1, 125), pulse(2, 0.5, 250), tablet(2, 25), injection(3, 5)),
        off=NO_DEPLETION,
    ),
    "36_dates_over_a_leap_day": Given(
        10,
        (1.5, 1.5 + 4 * H, 2, 3, 3 + 2 * H, 4, 7),
        (antibody(1.5, 4, 12), tablet(3, 30)),
        off=NO_DEPLETION,
    ),
    "37_mechanisms_off": Given(
        30,
        hours(5, 24, 48, 50, 120, 480),
        (),
        off=("antibody_kinetics", "corticosteroids", "prior_therapy"),
    ),
    "38_course_that_depletes": Given(
        60,
        hours(1, 5, 24, 48, 72, 100, 120, 168, 336, 720, 1080),
        (
            *(pulse(day, 1, 1000) for day in (0, 1, 2)),
            *(antibody(day + 1 * H, 4, 12) for day in (0, 1, 2)),
            *(antibody(day, 4, 12) for day in (3, 4)),
        ),
    ),
    "39_steroids_and_counts": Given(
        30,
        hours(24, 26, 30, 48, 72, 120, 126, 168, 176, 240, 336, 480),
        (
            pulse(1, 1, 1000),
            *(tablet(day, 45) for day in (5, 6, 7 + 8 * H, 8, 9)),
            *(tablet(day, 20) for day in (10, 11, 12)),
            *(tablet(day, 10) for day in (13, 14)),
        ),
        patient={"age": 52.0, "weight": 90.0},
    ),
    "40_all_drugs_over_five_months": Given(
        150,
        (-30, -1, 0, 3 * H, 4 * H, 6 * H, 2, 54 * H, 7, 30, 42, 42 + 1 * H, 43, 50, 90, 120),
        (
            fumarate(-60, -1),
            *(antibody(day, 6, 12) for day in (0, 1, 2)),
            antibody(42, 1 / 60, 6),
            pulse(3 * H, 1, 500),
            *(tablet(time, 25) for time in (42, 42.5, 43, 43.5)),
            injection(42, 10),
        ),
        start=-60.0,
        patient={"age": 45.0, "weight": 62.0, "depletion_efficiency": 0.3, "smoker": 1.0},
    ),
}
