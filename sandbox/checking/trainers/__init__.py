"""What each trainer does with each fault. For `check` and who shows its findings."""
