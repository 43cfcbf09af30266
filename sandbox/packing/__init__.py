"""Handing over: a run, study, evaluation, rating or training as one archive, the same bytes everywhere."""
