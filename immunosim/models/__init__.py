"""Models: each a network of mechanisms with its clinic and its parameter sets."""
