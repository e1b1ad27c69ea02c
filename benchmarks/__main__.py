"""Run ``python -m benchmarks``."""

import os
import sys

# Speeds are for one core: libraries that would take all of them are told so before they are loaded.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from benchmarks.command import main  # noqa: E402

sys.exit(main())
