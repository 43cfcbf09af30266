"""Runs in a terminal, by keys. For `sandbox inspect --browse` alone."""
