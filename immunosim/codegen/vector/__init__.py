"""Kernels over lanes: the text of a kernel module translated to vectors of patients and compiled by LLVM."""
