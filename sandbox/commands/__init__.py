"""What each command does: the rooms below do the work, these print and return exit codes. For `cli` alone."""
