"""How what an analysis found is shown: a picture of each, the terminal, the report. Computes nothing itself."""
