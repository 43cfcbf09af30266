"""The folder of an evaluation: its records, its manifest, and how both are read. Knows no model."""
