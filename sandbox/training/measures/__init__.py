"""What held-out questions say of a model."""
