"""Exit codes of the command line, and what it says where it is interrupted. Imports nothing."""

BAD_INPUT = 2
"""The user has to change something; or standard output is closed or full."""

FAILED = 3
"""A simulation failed or did not pass its verification."""

INTERRUPTED = 130
"""Ctrl-C, as shells expect it."""

READER_GONE = 141
"""What reads standard output has ended, as after SIGPIPE: ``immunosim params | head -1``."""

TERMINATED = 143
"""SIGTERM, as shells expect it."""

INTERRUPTION = "Interrupted: nothing was left half-written"
