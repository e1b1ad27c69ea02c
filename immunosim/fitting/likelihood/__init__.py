"""The likelihood: error models, predictions, posterior, transforms, covariates."""
