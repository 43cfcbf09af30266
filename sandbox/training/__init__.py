"""Trains a model on what a society said, and makes of it what serves the next one."""
