"""What a run came to, for people and programs: columns, estimates, selections, comparisons, stories. Reads only."""
