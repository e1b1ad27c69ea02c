"""One mechanism of the biology a file; each adds its pools, constants, signals and processes to a network."""
