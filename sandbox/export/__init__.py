"""Training sets from runs: `sandbox export`. Reads runs, writes folders; never calls a model."""
