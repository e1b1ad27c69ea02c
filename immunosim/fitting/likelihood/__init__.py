"""What data say of parameters: error models, predictions, posterior, transforms, covariates."""
