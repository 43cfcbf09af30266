"""From options to a work that can begin: what the commands and the Python API do alike. Prints nothing, asks nobody."""
