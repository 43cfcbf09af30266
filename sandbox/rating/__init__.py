"""Ratings: the stored texts of a run scored anew, by another observer or on other dimensions."""
