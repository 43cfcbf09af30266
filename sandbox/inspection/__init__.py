"""How runs are shown to people: stories, grids, pictures, tables. Reads, and never writes into a run."""
