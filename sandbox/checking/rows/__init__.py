"""What the rows of a table hold. For `check`."""
