"""What lies in a dataset folder, and what describes it. For `check`."""
