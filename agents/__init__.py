"""Who speaks: the seam to a model, its adapters, the reply parser, social agents and the observer."""
