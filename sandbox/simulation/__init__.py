"""A society with its calls and its files: what `sandbox simulate` runs."""
