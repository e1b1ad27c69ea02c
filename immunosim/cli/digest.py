"""``immunosim digest``: one checksum of a sweep, however it was cut into chunks, files or shards."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.printing import show
from immunosim.cli.progress import progress


def digest(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="Result of a sweep (.zarr or .nc).", show_default=False)
    ],
) -> None:
    """Print one checksum of the data, coordinates and units of a sweep.

    Two results with the same checksum hold the same numbers to the last bit, whatever their chunks and whether they are
    Zarr or NetCDF. Every file is first compared with its own checksum. Exit code 2: patients are missing, or a file is
    damaged, missing or was not written by a sweep, and is named.
    """
    from immunosim.door.stored import digest_of

    with progress("Reading the result"):
        checksum = digest_of(result)
    show(f"{checksum}  {result}")
