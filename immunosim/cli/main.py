"""The entry point: signals first, then the verbs, so that Ctrl-C ends in one line however early it comes.

What Python has loaded when it starts is all that is imported before signals are handled.
"""

# The module signal makes enumerations first, which takes long enough for a Ctrl-C.
import _signal as signal  # type: ignore[import-not-found]
import io
import os
import sys
import time

from immunosim.cli.exit_codes import BAD_INPUT, INTERRUPTED, INTERRUPTION, TERMINATED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

GARBAGE_THRESHOLD = 200_000
"""Objects that are made before Python looks for garbage among them.

Nearly all that importing and drawing make is kept to the end: at Python's own 700, looking for garbage took a fifth of
the processor time of `run`.
"""

PATIENCE, RETRY = 5.0, 0.02
"""Seconds for which a first Ctrl-C waits for imports to end, a second not at all, and after which it looks again."""


def __getattr__(name: str) -> "Any":
    if name == "app":
        from immunosim.cli.application import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main() -> None:
    """Run the command line.

    SIGTERM ends it as tidily as Ctrl-C does, and a terminal without a letter that is to be printed gets "?" for it.
    """
    interruption = Interruption()
    try:
        interruption.begin()
        _run()
    except SystemExit:
        raise
    except BaseException:
        if interruption.since is None:
            raise
        os.write(2, f"{INTERRUPTION}\n".encode())  # whatever the interrupted import made of it
        raise SystemExit(INTERRUPTED) from None
    finally:
        # What is left is to end: another Ctrl-C would only show its traceback. Python notes a KeyboardInterrupt that
        # passes through text which it executes (records are made so), and then ends by the signal, unless more is run.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        eval("0")


def _run() -> None:
    import gc

    gc.set_threshold(GARBAGE_THRESHOLD)
    signal.signal(signal.SIGTERM, _terminate)
    _refuse_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        from immunosim.cli.application import app

        app()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("immunosim"):
            raise
        from immunosim.cli.printing import say

        package = error.name.partition(".")[0]
        say(f"The package {package} is missing, run: python -m pip install {package} (or: immunosim doctor)")
        raise SystemExit(BAD_INPUT) from None


def _refuse_closed() -> None:
    """End where standard output is closed, before anything is done; without standard error, messages go nowhere.

    The next file to be opened would get the number of the closed stream, and what is printed would end up in it.
    """
    if sys.stderr is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        sys.stderr = os.fdopen(2, "w", closefd=False)
    if sys.stdout is None:
        sys.stderr.write("Standard output is closed: redirect it to a file or to /dev/null\n")
        raise SystemExit(BAD_INPUT)


class Interruption:
    """Ctrl-C as a KeyboardInterrupt where Python code can take it.

    Within an import it waits: extension modules print the traceback of what interrupts them and go on with another
    error. Where Python has to swallow it, as in a destructor, it comes again.

    Attributes
    ----------
    since : float or None
        When it was asked for, by the monotonic clock.
    """

    def __init__(self) -> None:
        self.since: float | None = None

    def begin(self) -> None:
        """Handle Ctrl-C from now on."""
        signal.signal(signal.SIGINT, self._asked)
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._raise)
        sys.unraisablehook = self._swallowed

    def _asked(self, number: int, frame: "FrameType | None") -> None:
        if self.since is not None:
            raise KeyboardInterrupt
        self.since = time.monotonic()
        self._raise(number, frame)

    def _raise(self, number: int, frame: "FrameType | None") -> None:
        if self.since is None:
            return
        if _imports(frame) and time.monotonic() - self.since < PATIENCE and self._again():
            return
        raise KeyboardInterrupt

    def _again(self) -> bool:
        """Come again soon, where the system has a timer."""
        if not hasattr(signal, "setitimer"):
            return False
        signal.setitimer(signal.ITIMER_REAL, RETRY)
        return True

    def _swallowed(self, what: "sys.UnraisableHookArgs") -> None:
        if not (issubclass(what.exc_type, KeyboardInterrupt) and self._again()):
            sys.__unraisablehook__(what)


def _imports(frame: "FrameType | None") -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _terminate(number: int, frame: object) -> None:
    raise SystemExit(TERMINATED)
