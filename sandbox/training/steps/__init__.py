"""What goes on around every step: settings, checkpoints, log, signals, silence."""
