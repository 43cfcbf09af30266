"""The configurations that trainers take beside exported rows. For `describe`."""
