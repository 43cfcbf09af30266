"""What is minimised, and the trainer of each objective."""
