"""What a model is asked in an evaluation: suites as files and the items in them. Knows no model and no answer."""
