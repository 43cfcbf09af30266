"""The files of other evaluation harnesses: evaluations written as theirs, and answers that they stored read here."""
