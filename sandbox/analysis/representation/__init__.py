"""Whom a society hears: ratings by groups of raters and of authors, gaps between groups, whose feedback is followed."""
