"""The numbers of runs, as tables of plain values. Reads, and never shows."""
