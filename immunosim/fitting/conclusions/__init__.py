"""What a fit means: identifiability, mechanisms, recovery times, optimal sampling, predictive checks."""
