"""Evaluations: suites that are asked, and answers that are judged, on the machine of paid calls."""
