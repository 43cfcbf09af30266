"""A study: many societies as one thing, from a file of conditions to a folder of runs. Knows how one run is made."""
