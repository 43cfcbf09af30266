"""Where the cells of a study run: in this process, in processes of ours, or on a Ray cluster."""
