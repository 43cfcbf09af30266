"""Handing over: a run, a study or another folder of ours as one archive, the same bytes everywhere."""
