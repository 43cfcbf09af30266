"""How an evaluation is shown: its numbers, its items, one of them as a story, its picture. For `sandbox inspect`."""
