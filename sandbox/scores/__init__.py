"""What the answers and judgements of an evaluation come to, as numbers. Knows no terminal and no model."""
