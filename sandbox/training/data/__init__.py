"""What is learnt from: an export as examples, as tokens, within a length."""
