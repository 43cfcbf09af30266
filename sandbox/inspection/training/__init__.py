"""How trainings are shown: what was trained on what, held-out figures, answers side by side, and pictures."""
