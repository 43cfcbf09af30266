"""A run on disk: its files, records and manifest, and how they are read. For every room that reads or writes runs."""
