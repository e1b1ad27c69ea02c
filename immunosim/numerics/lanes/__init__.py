"""Several rows at once, one in each lane of the processor's vectors; every lane has its own time, step and segment."""
