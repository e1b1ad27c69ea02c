"""The results of a run: a summary as plain data, and the output files."""

from immunosim.files import OutputError, write_file
from immunosim.report.figures import draw_page, draw_panel
from immunosim.report.limits import limits_of
from immunosim.report.output_files import (
    record_files,
    refuse_foreign,
    refuse_large,
    result_files,
    to_json,
    write_folder,
)
from immunosim.report.provenance import INTENDED_USE, individual_sentence, version
from immunosim.report.sampling import refined
from immunosim.report.summary import summarise

__all__ = [
    "INTENDED_USE",
    "OutputError",
    "draw_page",
    "draw_panel",
    "individual_sentence",
    "limits_of",
    "record_files",
    "refined",
    "refuse_foreign",
    "refuse_large",
    "result_files",
    "summarise",
    "to_json",
    "version",
    "write_file",
    "write_folder",
]
