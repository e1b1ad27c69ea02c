"""The problems that every tool solves: the project's own model and three that others publish or solve exactly."""
