"""Measurements of the command line from outside."""
