"""The dataset card of an exported folder. For `describe` and `push`."""
