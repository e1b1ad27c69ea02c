"""``immunosim merge``: put together parts of a sweep that were computed on machines without a common disk."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.printing import say, show
from immunosim.cli.progress import progress
from immunosim.safe_text import shell_command


def merge(
    out: Annotated[Path, typer.Argument(metavar="RESULT", help="The whole, a .zarr folder.", show_default=False)],
    parts: Annotated[list[Path], typer.Argument(metavar="PART...", help="Parts of it.", show_default=False)],
) -> None:
    """Merge the parts of a sweep (such as --shard 1/3, 2/3 and 3/3) into one result, which may exist already.

    Every chunk is compared with its checksum before it is taken. Parts of different sweeps are refused, and nothing is
    overwritten: a chunk that the result already has stays.
    """
    from immunosim.door.stored import merge_stores

    with progress("Merging"):
        store, n_taken = merge_stores(out, parts)
    missing = store.n_blocks - len(store.done())
    show(f"{out}: {n_taken} chunks taken, {store.n_blocks - missing} of {store.n_blocks} are there")
    if missing:
        options = shell_command(["--out", str(out), "--resume"])
        say(f"{missing} chunks are missing: compute them with immunosim sweep ... {options}")
    else:
        show(f"Next:   {shell_command(['immunosim', 'digest', str(out)])}")
