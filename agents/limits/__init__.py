"""When a try may leave for an endpoint, and when it is made again. For whoever sends tries."""
