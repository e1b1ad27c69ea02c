"""Estimation: multistart, profile likelihood, MCMC sampling, two-stage population fits."""
