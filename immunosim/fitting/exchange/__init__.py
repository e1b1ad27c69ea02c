"""Fits in files: PEtab, ArviZ, checkpoints."""
