"""The folder of a training: what was trained on what, every step, and what came of it. Knows no tensor."""
