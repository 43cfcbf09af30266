"""Question sets, and the files they are read from. For plans, `sandbox questions` and suites."""
