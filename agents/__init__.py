"""Who speaks: the seam to a model, the words of the protocol, the reply parser, social agents."""
