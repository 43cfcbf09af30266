"""People judge stored texts, blind: which text comes when, and what becomes of each key."""
