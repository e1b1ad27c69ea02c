"""Questions to the model, one a folder: README (question, command, answer), run.py, expected.json, figure.

``python -m experiments`` runs them and prints a scorecard: simulated numbers against published ones, with sources.
"""
