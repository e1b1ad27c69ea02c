"""Nonlinear mixed effects: populations fitted to several patients, by banks of weighted draws."""
