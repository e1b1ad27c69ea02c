"""Declaration of the biology in sympy symbols: no arrays, no numbers, no files."""
