"""How near the core is to what the processor can do: operations of a trajectory, and the measured peak."""
