"""What one person said of stored texts, on disk."""
