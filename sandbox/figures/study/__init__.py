"""Numbers of a study: its cells, what pools of them come to, differences, and which condition is ahead."""
