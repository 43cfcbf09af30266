"""Runs as one HTML file. For `sandbox inspect --html` alone."""
