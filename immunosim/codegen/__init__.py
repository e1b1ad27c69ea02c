"""From a declared network to kernels: derivatives, sparse LU, text on disk, a compiled module found by its hash."""
