"""Speed and accuracy against other solvers, in one run: ``python -m benchmarks --help``."""
