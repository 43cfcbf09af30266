"""What can be asked for, by any command: options, where their values come from, their flags. Knows no run."""
