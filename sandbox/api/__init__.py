"""The Python API: the commands as functions, in the same words. Nothing is printed here, and nobody is asked."""
