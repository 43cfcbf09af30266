"""The folder of a rating: new scores for the stored texts of a run, its records and its manifest. Knows no model."""
