"""Every malformed scenario gets its exact message: file, key path, reason, cure. None leaves a traceback."""

from pathlib import Path

import pytest

from immunosim.errors import ScenarioError
from immunosim.scenario import load_scenario

TIME = 'expected a time such as "12 months", a date such as 2017-06-15 or "course 2 + 30 days"'
TOP = (
    "known are alemtuzumab, challenge, course, description, dimethyl_fumarate, dose, horizon, input, mechanisms, "
    "methylprednisolone, model, model_version, note, observed, output, parameter_set, parameters, patient, population, "
    "prednisolone and 7 more"
)
COURSE = '[[course]]\nstart = "0 days"\ndose = "12 mg"\n'
FIVE = COURSE + "doses = 5\n"
PULSE = '[[methylprednisolone]]\nstart = "9 days"\ndose = "1 g"\ndoses = 3\nevery = "24 h"\n'
SINGLE = '[[dose]]\nstart = "9 days"\ndose = "12 mg"\nfollowed = false\n'
RATES = '[[input]]\ndrug = "alemtuzumab"\n'
SERIES = '[[observed]]\nreadout = "lymphocytes"\nunit = "1e9/L"\n'

MALFORMED: dict[str, tuple[str, str]] = {
    # keys and types
    "unknown key": ('horizn = "3 days"', 'horizn: unknown key, did you mean "horizon"?'),
    "unknown key without neighbours": ("xyz = 1", f"xyz: unknown key, {TOP}"),
    "unknown key in a course": (COURSE + "dos = 1", 'course[1].dos: unknown key, did you mean "dose" or "doses"?'),
    "unknown key in premedication": (
        COURSE + 'premedication = {dos = "1 g"}',
        'course[1].premedication.dos: unknown key, did you mean "dose"?',
    ),
    "missing dose": ('[[course]]\nstart = "0 days"', 'course[1].dose: is missing, write for example dose = "12 mg"'),
    "missing readout": (
        '[[observed]]\nunit = "1"\npoints = [{time = "1 day", value = 1}]',
        "observed[1].readout: is missing, add readout = ...",
    ),
    "table for an array": (
        '[course]\nstart = "0 days"',
        "course: expected an array of tables, write [[course]], got a table",
    ),
    "array for a table": ("[[patient]]\nage = 3", "patient: expected a table, write [patient], got a list"),
    "number for a table": ("patient = 3", "patient: expected a table, write [patient], got 3"),
    "number for a course": ("course = [1]", "course[1]: expected a table, write [[course]], got 1"),
    "table for a taper": (
        '[[prednisolone]]\nstart = "0 days"\ndose = "60 mg"\ntaper = {dose = "40 mg", doses = 3}',
        "prednisolone[1].taper: expected an array of tables, write [{...}, {...}], got a table",
    ),
    "text for a list": (
        'mechanisms.off = "relapse"',
        'mechanisms.off: expected a list, write ["...", "..."], got "relapse"',
    ),
    "number for text": ("title = 3", "title: 3 is not text, write it in quotes"),
    "text for a boolean": (
        'patient.smoker = "yes"',
        'patient.smoker: "yes" is not true or false, write true or false without quotes',
    ),
    "text for a number": ('solver.rtol = "1e-3"', 'solver.rtol: "1e-3" is not a number, write a number without quotes'),
    "fraction for a whole number": (
        COURSE + "doses = 2.5",
        "course[1].doses: 2.5 is not a whole number, write for example 5",
    ),
    "misspelt choice": (
        'patient.sex = "femal"',
        'patient.sex: "femal" is not one of "female" or "male", did you mean "female"?',
    ),
    "neither boolean nor table": (
        COURSE + 'premedication = "yes"',
        'course[1].premedication: "yes" is neither true or false nor a table, write premedication = true',
    ),
    # quantities
    "concentration for a dose": (
        '[[course]]\nstart = "0 days"\ndose = "12 mg/L"',
        'course[1].dose: "12 mg/L" is a concentration, expected a mass such as "12 mg"',
    ),
    "misspelt unit": (
        '[[course]]\nstart = "0 days"\ndose = "12 mgg"',
        'course[1].dose: "12 mgg" has the unknown unit "mgg", did you mean "mg"?',
    ),
    "bare weight": ("patient.weight = 70", 'patient.weight: 70 has no unit, expected a mass such as "70 kg"'),
    "bare horizon": ("horizon = 36", f"horizon: 36 has no unit, {TIME}"),
    "zero dose": (
        '[[course]]\nstart = "0 days"\ndose = "0 mg"',
        'course[1].dose: "0 mg" is not positive, write for example "12 mg"',
    ),
    "negative dose": (
        '[[triamcinolone]]\nstart = "1 day"\ndose = "-15 mg"',
        'triamcinolone[1].dose: "-15 mg" is not positive, write for example "12 mg"',
    ),
    "zero infusion": (
        COURSE + 'infusion = "0 h"',
        'course[1].infusion: "0 h" is not positive, write for example "4 h"',
    ),
    "infusion that drowns in rounding": (
        COURSE + 'infusion = "1e-20 h"',
        "course[1].infusion: 4.16667e-22 days is too short, "
        "an infusion takes at least 0.1 s, give it a longer duration",
    ),
    "premedication that drowns in rounding": (
        COURSE + 'premedication = {duration = "1 ms"}',
        "course[1].premedication.duration: 1.15741e-08 days is too short, "
        "an infusion takes at least 0.1 s, give it a longer duration",
    ),
    "doses without an end": (
        FIVE + 'every = "1e300 years"',
        "course[1].every: 5 doses at this interval last more than a million days, "
        "shorten the interval or give fewer doses",
    ),
    "infusion out of sight": (
        COURSE + 'infusion = "1e300 years"',
        "course[1]: course 1, infusion 1 of 1 lasts until day 3.6525e+302, beyond the horizon, day 1095.75, "
        "raise horizon or leave the dose out",
    ),
    "time out of sight": (
        'horizon = "1e12 years"',
        f'horizon: "1e12 years" lies more than a million days from day 0, {TIME}',
    ),
    "infinite dose": (
        '[[course]]\nstart = "0 days"\ndose = inf',
        "course[1].dose: inf is not a finite number, write a finite value",
    ),
    "nan parameter": (
        "parameters.central_volume = nan",
        "parameters.central_volume: nan is not a finite number, write a finite value",
    ),
    "boolean parameter": (
        "parameters.a = true",
        'parameters.a: true is not a parameter value, write a number or a quantity such as "11 L"',
    ),
    "share above one": (
        "patient.anti_drug_antibody = 20000",
        "patient.anti_drug_antibody: 20000 is out of range, must be at most 10000",
    ),
    "no doses": (COURSE + "doses = 0", "course[1].doses: 0 is out of range, must be at least 1"),
    "tolerance of zero": ("solver.rtol = 0", "solver.rtol: 0 is out of range, must be greater than 0"),
    "draw that is not a number": (
        'patient.draws.thyroid = "mean"',
        'patient.draws.thyroid: "mean" is not a number, write a number without quotes',
    ),
    "total with subsets": (
        'patient.baseline = {lymphocytes = "2e9/L", cd4 = "300 cells/uL"}',
        "patient.baseline.lymphocytes: is given together with cd4, which it would scale as well, "
        "give either the total or single subsets",
    ),
    # times
    "no time": (
        '[[course]]\nstart = "soon"\ndose = "12 mg"',
        f'course[1].start: "soon" is not a time, {TIME}',
    ),
    "date without a start date": (
        '[[course]]\nstart = 2017-06-15\ndose = "12 mg"',
        "course[1].start: 2017-06-15 is a date but the scenario has no start_date, "
        "add start_date = 2016-06-15 (the date of day 0)",
    ),
    "impossible date": ('horizon = "2017-13-01"', f'horizon: "2017-13-01" is not a date, {TIME}'),
    "date with a zone": (
        "start_date = 2016-01-01\nhorizon = 2017-01-01T08:00:00Z",
        "horizon: 2017-01-01 08:00:00+00:00 has a time zone, write the local date and time without one",
    ),
    "start date out of the calendar": (
        'start_date = "2016-13-01"',
        'start_date: "2016-13-01" is not a date, write for example start_date = 2016-06-15',
    ),
    "start date with a time": (
        "start_date = 2016-06-15T08:00:00",
        "start_date: 2016-06-15 08:00:00 is not a date, write for example start_date = 2016-06-15",
    ),
    "start date that is none": (
        "start_date = 3",
        "start_date: 3 is not a date, write for example start_date = 2016-06-15",
    ),
    "course that does not exist": (
        COURSE + '[[triamcinolone]]\nstart = "course 2 + 2 months"\ndose = "15 mg"',
        'triamcinolone[1].start: "course 2 + 2 months": there is no course 2, the scenario has 1 course',
    ),
    "misspelt label": (
        COURSE + 'label = "retreatment"\n[[triamcinolone]]\nstart = "course retreatmnt"\ndose = "15 mg"',
        'triamcinolone[1].start: "course retreatmnt": unknown course "retreatmnt", did you mean "retreatment"?',
    ),
    "offset without a unit": (
        COURSE + '[[triamcinolone]]\nstart = "course 1 + 30"\ndose = "15 mg"',
        'triamcinolone[1].start: "30" has no unit, expected an offset such as "30 days"',
    ),
    "course relative to itself": (
        '[[course]]\nstart = "course 1 + 1 day"\ndose = "12 mg"',
        'course[1].start: "course 1 + 1 day": the start of course 1 depends on itself, give one start as a duration',
    ),
    # within a record
    "repeat without an interval": (
        FIVE,
        'course[1].every: is missing, 5 doses need an interval, write for example every = "24 h"',
    ),
    "taper without an interval": (
        '[[prednisolone]]\nstart = "0 days"\ndose = "60 mg"\ntaper = [{dose = "40 mg", doses = 3}]',
        'prednisolone[1].every: is missing, 4 doses need an interval, write for example every = "24 h"',
    ),
    "infusion longer than the interval": (
        FIVE + 'every = "3 h"',
        "course[1].infusion: an infusion of 4 h is longer than the interval of 3 h between doses, "
        "shorten the infusion or raise every",
    ),
    "infusion of days longer than the interval": (
        FIVE + 'every = "50 h"\ninfusion = "3 days"',
        "course[1].infusion: an infusion of 3 days is longer than the interval of 2.08333 days between doses, "
        "shorten the infusion or raise every",
    ),
    "stop before start": (
        '[[dimethyl_fumarate]]\nstart = "3 days"\nstop = "2 days"',
        "dimethyl_fumarate[1].stop: day 2 is not after the start, day 3, let stop come after start",
    ),
    "point without a value": (
        SERIES + 'points = [{time = "3 days", low = 1}]',
        "observed[1].points[1]: has no value, give value, or low and high, or below",
    ),
    "point with too many values": (
        SERIES + 'points = [{time = "3 days", value = 1, low = 1}]',
        "observed[1].points[1].value: is given together with a range, give either value or low and high",
    ),
    "range upside down": (
        SERIES + 'points = [{time = "3 days", low = 3, high = 2}]',
        "observed[1].points[1].low: 3 is more than high, 2, exchange low and high",
    ),
    "series without points": (
        SERIES + "points = []",
        "observed[1].points: is empty, give at least one point or leave the series out",
    ),
    "series with a misspelt unit": (
        SERIES.replace("1e9/L", "cell/uLL") + 'points = [{time = "3 days", value = 1}]',
        'observed[1].unit: "cell/uLL" is not a unit, did you mean "cell/uL"?',
    ),
    # doses per body weight
    "duration per body weight": (
        COURSE + 'infusion = "4 h/kg"',
        'course[1].infusion: "4 h/kg" is of the dimension [time] / [mass], expected a duration such as "4 h"',
    ),
    "duration in mass per body weight": (
        COURSE + 'infusion = "4 mg/kg"',
        'course[1].infusion: "4 mg/kg" is a mass per body weight, expected a duration such as "4 h"',
    ),
    "weight per body weight": (
        'patient.weight = "1 g/kg"',
        'patient.weight: "1 g/kg" is a mass per body weight, expected a mass such as "70 kg"',
    ),
    "volume per body weight": (
        '[[course]]\nstart = "0 days"\ndose = "3 h/kg"',
        'course[1].dose: "3 h/kg" is of the dimension [time] / [mass], '
        'expected a mass per body weight such as "0.3 mg/kg"',
    ),
    "rate per body weight": (
        '[[course]]\nstart = "0 days"\ndose = "3 mg/h/kg"',
        'course[1].dose: "3 mg/h/kg" is a rate, expected a mass per body weight such as "0.3 mg/kg"',
    ),
    "misspelt mass per body weight": (
        '[[course]]\nstart = "0 days"\ndose = "3 mgg/kg"',
        'course[1].dose: "3 mgg/kg" has the unknown unit "mgg/kg", did you mean "mg/kg"?',
    ),
    "negative dose per body weight": (
        '[[course]]\nstart = "0 days"\ndose = "-1 mg/kg"',
        'course[1].dose: "-1 mg/kg" is not positive, write for example "0.3 mg/kg"',
    ),
    # changes of single doses
    "change that changes nothing": (
        COURSE + "changes = [{dose_number = 1}]",
        "course[1].changes[1]: changes nothing, write late, given or skipped = true",
    ),
    "change without a number": (
        COURSE + 'changes = [{late = "1 h"}]',
        "course[1].changes[1].dose_number: is missing, add dose_number = ...",
    ),
    "change that is a number": (
        COURSE + "changes = [3]",
        "course[1].changes[1]: expected a table, write [[course.changes]], got 3",
    ),
    "change that is one table": (
        COURSE + "changes = {dose_number = 1, skipped = true}",
        "course[1].changes: expected an array of tables, write [{...}, {...}], got a table",
    ),
    "unknown key of a change": (
        COURSE + 'changes = [{dose_number = 1, lat = "1 h"}]',
        'course[1].changes[1].lat: unknown key, did you mean "late"?',
    ),
    "change of a dose that is not planned": (
        PULSE + "changes = [{dose_number = 4, skipped = true}]",
        "methylprednisolone[1].changes[1].dose_number: there is no dose 4, 3 doses are planned",
    ),
    "change of a second dose where one is planned": (
        COURSE + "changes = [{dose_number = 2, skipped = true}]",
        "course[1].changes[1].dose_number: there is no dose 2, 1 dose is planned",
    ),
    "change of dose zero": (
        PULSE + "changes = [{dose_number = 0, skipped = true}]",
        "methylprednisolone[1].changes[1].dose_number: 0 is out of range, must be at least 1",
    ),
    "two changes of a dose": (
        PULSE + 'changes = [{dose_number = 2, late = "1 h"}, {dose_number = 2, given = "9 mg"}]',
        "methylprednisolone[1].changes[1].dose_number: dose 2 is changed twice, write one change for each dose",
    ),
    "dose both skipped and late": (
        PULSE + 'changes = [{dose_number = 2, late = "1 h", given = "9 mg", skipped = true}]',
        "methylprednisolone[1].changes[1].skipped: is written together with late and given, "
        "a dose is either skipped or given",
    ),
    "dose given early": (
        PULSE + 'changes = [{dose_number = 2, late = "-1 h"}]',
        'methylprednisolone[1].changes[1].late: "-1 h" is not positive, write for example "4 h"',
    ),
    "part that is the whole": (
        PULSE + 'changes = [{dose_number = 2, given = "1 g"}]',
        "methylprednisolone[1].changes[1].given: 1000 mg is not less than the planned dose, 1000 mg, "
        "write the part that was given, or leave it out",
    ),
    "part that is more than a step of the taper": (
        PULSE + 'taper = [{dose = "10 mg", doses = 2}]\nchanges = [{dose_number = 5, given = "0.3 mg/kg"}]',
        "methylprednisolone[1].changes[1].given: 21 mg is not less than the planned dose, 10 mg, "
        "write the part that was given, or leave it out",
    ),
    "infusion that stops at once": (
        PULSE + 'changes = [{dose_number = 2, given = "1 ug"}]',
        "methylprednisolone[1].changes[1].given: ends the infusion after 4.16667e-08 days, "
        "an infusion takes at least 0.1 s, write skipped = true",
    ),
    "no dose that is not skipped": (
        COURSE + "changes = [{dose_number = 1, skipped = true}]",
        "course[1].changes: skip every dose, leave the whole entry out",
    ),
    "late dose during the next": (
        FIVE + 'every = "24 h"\nchanges = [{dose_number = 3, late = "22 h"}]',
        "course[1]: course 1, infusion 4 of 5 starts on day 3 while course 1, infusion 3 of 5 runs until day 3.08333, "
        "move one of them (both belong to course[1])",
    ),
    "late dose beyond the horizon": (
        'horizon = "12 days"\n' + PULSE + 'changes = [{dose_number = 3, late = "24 h"}]',
        "methylprednisolone[1]: methylprednisolone 1, infusion 3 of 3 begins on day 12, not before the horizon, "
        "day 12, raise horizon or leave the dose out",
    ),
    # single doses and inputs
    "single dose of a drug of months": (
        SINGLE + 'drug = "dimethyl_fumarate"',
        "dose[1].followed: dimethyl fumarate is taken continuously, not in single doses, write stop and times_per_day",
    ),
    "single dose of several drugs": (
        SINGLE + 'drug = ["alemtuzumab"]',
        "dose[1].drug: a list is not one of "
        '"alemtuzumab", "methylprednisolone", "prednisolone", "triamcinolone", "dimethyl_fumarate" or '
        '"topical_immunotherapy"',
    ),
    "single dose without a drug": (SINGLE, "dose[1].drug: is missing, add drug = ..."),
    "tablet that is infused": (
        SINGLE + 'drug = "prednisolone"\ninfusion = "1 h"',
        "dose[1].infusion: prednisolone is not infused but given at once, leave it out",
    ),
    "single infusion that drowns in rounding": (
        SINGLE + 'drug = "alemtuzumab"\ninfusion = "1 ms"',
        "dose[1].infusion: 1.15741e-08 days is too short, an infusion takes at least 0.1 s, give it a longer duration",
    ),
    "single dose during a pulse": (
        PULSE + SINGLE.replace("9 days", "9.02 days") + 'drug = "methylprednisolone"',
        "dose[1]: methylprednisolone 1 starts on day 9.02 while methylprednisolone 1, infusion 1 of 3 "
        "runs until day 9.04167, "
        "move one of them (methylprednisolone[1] and dose[1] give the same drug)",
    ),
    "single dose beyond the horizon": (
        'horizon = "9 days"\n' + SINGLE + 'drug = "triamcinolone"',
        "dose[1]: triamcinolone 1 begins on day 9, not before the horizon, day 9, raise horizon or leave the dose out",
    ),
    "input of tablets": (
        '[[input]]\ndrug = "prednisolone"\nsteps = []',
        'input[1].drug: "prednisolone" is not one of "alemtuzumab", "methylprednisolone" or "dimethyl_fumarate", '
        'did you mean "methylprednisolone"?',
    ),
    "input without steps": (
        RATES + "steps = []",
        'input[1].steps: contain no rate above 0, write at least one step with a rate such as "3 mg/h"',
    ),
    "input of zero": (
        RATES + 'steps = [{start = "0 h", stop = "1 h", rate = "0 mg/h"}]',
        'input[1].steps: contain no rate above 0, write at least one step with a rate such as "3 mg/h"',
    ),
    "rate without a duration": (
        RATES + 'steps = [{start = "2 days", stop = "48 h", rate = "3 mg/h"}]',
        "input[1].steps[1].stop: day 2 is not after the start, day 2, let stop come after start",
    ),
    "rate that drowns in rounding": (
        RATES + 'steps = [{start = "0 h", stop = "10 ms", rate = "3 mg/h"}]',
        "input[1].steps[1].stop: the step lasts 1.15741e-07 days, a step takes at least 0.1 s, let it last longer",
    ),
    "rate that is a mass": (
        RATES + 'steps = [{start = "0 h", stop = "1 h", rate = "3 mg"}]',
        'input[1].steps[1].rate: "3 mg" is a mass, expected an infusion rate such as "3 mg/h"',
    ),
    "dose that is a rate": (
        '[[course]]\nstart = "0 days"\ndose = "3 mg/h"',
        'course[1].dose: "3 mg/h" is an infusion rate, expected a mass such as "12 mg"',
    ),
    "negative rate": (
        RATES + 'steps = [{start = "0 h", stop = "1 h", rate = "-3 mg/h"}]',
        'input[1].steps[1].rate: "-3 mg/h" is not positive, write for example "3 mg/h"',
    ),
    "steps that overlap": (
        RATES
        + 'steps = [{start = "0 h", stop = "2 h", rate = "3 mg/h"}, {start = "1 h", stop = "3 h", rate = "0 mg/h"}]',
        "input[1].steps[2].start: day 0.0416667 is before the end of step 1, day 0.0833333, "
        "list the steps in the order of time, without overlap",
    ),
    "step during a course": (
        COURSE + RATES + 'steps = [{start = "3 h", stop = "5 h", rate = "3 mg/h"}]',
        "input[1].steps[1]: input 1, step 1 starts on day 0.125 while course 1, infusion 1 of 1 runs until day "
        "0.166667, move one of them (course[1] and input[1].steps[1] give the same drug)",
    ),
    "step across the horizon": (
        'horizon = "1 day"\n' + RATES + 'steps = [{start = "3 h", stop = "25 h", rate = "3 mg/h"}]',
        "input[1].steps[1]: input 1, step 1 lasts until day 1.04167, beyond the horizon, day 1, "
        "raise horizon or leave the dose out",
    ),
    "fumarate twice": (
        '[[dimethyl_fumarate]]\nstart = "-9 days"\nstop = "1 day"\n'
        + RATES.replace("alemtuzumab", "dimethyl_fumarate")
        + 'steps = [{start = "0 days", stop = "3 days", rate = "480 mg/day"}]',
        "input[1].steps[1]: input 1, step 1 starts on day 0 while dimethyl fumarate runs until day 1, "
        "move one of them (dimethyl_fumarate[1] and input[1].steps[1] give the same drug)",
    ),
    # observed limits and rules of output
    "value with a limit": (
        SERIES + 'points = [{time = "3 days", value = 1, below = 1}]',
        "observed[1].points[1].below: is given together with a value, give one of them",
    ),
    "range with a limit": (
        SERIES + 'points = [{time = "3 days", low = 1, below = 1}]',
        "observed[1].points[1].below: is given together with a range, give one of them",
    ),
    "limit of zero": (
        SERIES + 'points = [{time = "3 days", below = 0}]',
        "observed[1].points[1].below: 0 is out of range, must be greater than 0",
    ),
    "limit with a unit": (
        SERIES + 'points = [{time = "3 days", below = "0.02e9/L"}]',
        'observed[1].points[1].below: "0.02e9/L" is not a number, write a number without quotes',
    ),
    "rule without an interval": (
        '[[output.rule]]\nstart = "1 day"\nstop = "3 days"',
        'output.rule[1].every: is missing, write for example every = "4 h"',
    ),
    "rule upside down": (
        '[[output.rule]]\nevery = "1 day"\nstart = "3 days"\nstop = "1 day"',
        "output.rule[1].stop: day 1 is not after the start, day 3, let stop come after start",
    ),
    "rule beyond the horizon": (
        '[[output.rule]]\nevery = "1 day"\nstart = "3 days"\nstop = "37 months"',
        "output.rule[1].stop: day 1126.19 is after the horizon, day 1095.75, raise horizon or leave it out",
    ),
    "rule with too many outputs": (
        '[[output.rule]]\nevery = "1 s"\nstart = "0 days"\nstop = "36 months"',
        "output.rule[1].every: 0.0166667 min gives 9.47e+07 outputs, more than 1000000, report less often",
    ),
    "rule that is a number": (
        "output.rule = [3]",
        "output.rule[1]: expected a table, write [[output.rule]], got 3",
    ),
    "too many outputs around doses": (
        'output.during_treatment = "0.1 s"\n' + COURSE,
        "output.during_treatment: 0.00166667 min gives 1.87e+06 outputs around the doses, more than 1000000, "
        "report less often",
    ),
    # between records
    "horizon of zero": (
        'horizon = "0 days"',
        'horizon: day 0 is not after day 0, write for example horizon = "36 months"',
    ),
    "dose after the horizon": (
        '[[course]]\nstart = "40 months"\ndose = "12 mg"',
        "course[1]: course 1, infusion 1 of 1 begins on day 1217.5, not before the horizon, day 1095.75, "
        "raise horizon or leave the dose out",
    ),
    "bolus at the horizon": (
        '[[triamcinolone]]\nstart = "36 months"\ndose = "15 mg"',
        "triamcinolone[1]: triamcinolone 1 begins on day 1095.75, not before the horizon, day 1095.75, "
        "raise horizon or leave the dose out",
    ),
    "infusion across the horizon": (
        'horizon = "2 h"\n' + COURSE,
        "course[1]: course 1, infusion 1 of 1 lasts until day 0.166667, beyond the horizon, day 0.0833333, "
        "raise horizon or leave the dose out",
    ),
    "overlapping courses": (
        FIVE + 'every = "24 h"\n[[course]]\nstart = "2 days"\ndose = "12 mg"',
        "course[2]: course 2, infusion 1 of 1 starts on day 2 while course 1, infusion 3 of 5 runs until day 2.16667, "
        "move one of them (course[1] and course[2] give the same drug)",
    ),
    "pulse during premedication": (
        COURSE + 'premedication = true\n[[methylprednisolone]]\nstart = "30 min"\ndose = "1 g"',
        "methylprednisolone[1]: methylprednisolone 1 starts on day 0.0208333 while course 1, "
        "premedication 1 runs until day 0.0416667, "
        "move one of them (course[1].premedication and methylprednisolone[1] give the same drug)",
    ),
    "courses out of order": (
        '[[course]]\nstart = "12 months"\ndose = "12 mg"\n' + COURSE,
        "course[2].start: day 0 is before course 1, day 365.25, list the courses in the order of time",
    ),
    "label used twice": (
        COURSE + 'label = "a"\n[[course]]\nlabel = "a"\nstart = "1 month"\ndose = "12 mg"',
        'course[2].label: "a" is also the label of course 1, give each course its own name',
    ),
    "label that is a number": (
        COURSE + 'label = "2"',
        'course[1].label: "2" is a number or empty, give the course a name',
    ),
    "too many outputs": (
        'output.every = "1 min"\nhorizon = "50 years"',
        "output.every: 1 min gives 2.63e+07 outputs, more than 1000000, report less often",
    ),
    "extra output after the horizon": (
        'output.extra = ["1 day", "40 months"]',
        "output.extra[2]: day 1217.5 is after the horizon, day 1095.75, raise horizon or leave it out",
    ),
    "observed after the horizon": (
        SERIES + 'points = [{time = "40 months", value = 1}]',
        "observed[1].points[1].time: day 1217.5 is after the horizon, day 1095.75, raise horizon or leave it out",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_scenario_gets_its_exact_message(case: str, tmp_path: Path) -> None:
    text, message = MALFORMED[case]
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value) == f"{path}: {message}"


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", 'is empty, write at least a horizon, for example horizon = "36 months"'),
    "only a comment": (b"# later\n", 'is empty, write at least a horizon, for example horizon = "36 months"'),
    "binary": (b"\x7fELF\x00\x01", "is a binary file, name a TOML file"),
    "not UTF-8": (b"title = '\xe9'", "is not UTF-8 text (byte 0xe9 at position 9), save it as UTF-8"),
    "syntax": (b"title = \n", "line 1, column 9: not valid TOML: Invalid value, correct it there"),
    "huge": (b"# " + b"x" * 10_000_000, "is larger than 10 MB, name a scenario file"),
    "deep": (b"a = " + b"[" * 5000, "is nested too deeply, a scenario has at most four levels"),
    "long number": (b"a = " + b"9" * 5000, "not valid TOML: a number has too many digits, correct it there"),
    "extends a number": (
        b"extends = 3",
        'extends: 3 is not the name of a file, write for example extends = "two_courses.toml"',
    ),
    "extends itself": (b"extends = 'scenario.toml'", "extends: the scenario extends itself, name another file"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_file_gets_its_exact_message(case: str, tmp_path: Path) -> None:
    content, message = UNREADABLE[case]
    path = tmp_path / "scenario.toml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value) == f"{path}: {message}"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a folder, name a scenario file in it"


def test_a_missing_file_is_answered_with_similar_names(tmp_path: Path) -> None:
    (tmp_path / "two_courses.toml").write_text("title = 'a'")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path / "two_course.toml")
    hint = tmp_path / "two_courses.toml"
    assert str(caught.value) == f'{tmp_path / "two_course.toml"}: does not exist, did you mean "{hint}"?'
    with pytest.raises(ScenarioError, match="does not exist, check the name and the folder"):
        load_scenario(tmp_path / "nowhere" / "zzz.toml")


def test_a_path_that_the_system_refuses_is_an_error_of_ours() -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario("a\0b")


def test_all_problems_of_a_file_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('horizn = "1 day"\npatient.age = "old"\n' + FIVE + "dos = 1")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value).splitlines() == [
        f'{path}: patient.age: "old" is not a quantity, expected a duration such as "31 years"',
        f'{path}: course[1].dos: unknown key, did you mean "dose" or "doses"?',
        f'{path}: horizn: unknown key, did you mean "horizon"?',
    ]


def test_a_base_that_extends_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("title = 'a'")
    (tmp_path / "b.toml").write_text("extends = 'a.toml'")
    (tmp_path / "c.toml").write_text("extends = 'b.toml'")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path / "c.toml")
    assert str(caught.value) == (
        f'{tmp_path / "c.toml"}: extends: {tmp_path / "b.toml"} itself extends "a.toml", '
        "only one level is allowed, extend a file that stands alone"
    )


def test_a_cycle_of_bases_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("extends = 'b.toml'")
    (tmp_path / "b.toml").write_text("extends = 'a.toml'")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path / "a.toml")
    assert str(caught.value) == (
        f'{tmp_path / "a.toml"}: extends: {tmp_path / "b.toml"} itself extends "a.toml", '
        "only one level is allowed, extend a file that stands alone"
    )


@pytest.mark.parametrize("name", ["scenario.toml", "./scenario.toml", "sub/../scenario.toml", "same.toml"])
def test_a_file_that_extends_itself_under_any_name_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(f"extends = '{name}'")
    (tmp_path / "sub").mkdir()
    (tmp_path / "same.toml").symlink_to(path)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value) == f"{path}: extends: the scenario extends itself, name another file"


def test_a_dose_per_body_weight_waits_for_a_sound_weight(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('patient.weight = "heavy"\n' + COURSE.replace("12 mg", "0.2 mg/kg"))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value).splitlines() == [
        f'{path}: patient.weight: "heavy" is not a quantity, expected a mass such as "70 kg"',
        f'{path}: course[1].dose: "0.2 mg/kg": the body weight is not known, correct patient.weight first',
    ]


def test_a_missing_base_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("extends = 'b.toml'")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value) == (
        f"{path}: extends: {tmp_path / 'b.toml'} does not exist, the name is relative to the folder of this file"
    )


def test_a_problem_of_the_base_names_the_base(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text("[patient]\nagee = 3\nweight = '70 kg'")
    (tmp_path / "a.toml").write_text("extends = 'base.toml'\npatient.weight = 3")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path / "a.toml")
    assert str(caught.value).splitlines() == [
        f'{tmp_path / "a.toml"}: patient.weight: 3 has no unit, expected a mass such as "70 kg"',
        f'{tmp_path / "base.toml"}: patient.agee: unknown key, did you mean "age"?',
    ]
