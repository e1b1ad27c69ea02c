"""Calibration of a population to published targets: an optimiser with priors, a posterior, and the cohorts between.

``least_squares``, ``posterior`` and ``plausible`` know arrays only; the other modules run cohorts.
"""
