"""What trainers would do with a dataset folder: `sandbox export --check`. Reads only, and believes nothing it reads."""
