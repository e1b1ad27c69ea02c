"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write the content under a temporary name and move it into place.

    Raises
    ------
    OSError
        If the location is not writable; a file that was there is left as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, 0o644)  # mkstemp keeps others out
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
