"""What columns are called, wherever a table is written, and what each means."""
