"""The society as a function of configuration and replies: no call, no clock, no loop."""
