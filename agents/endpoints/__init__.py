"""How servers are talked to: HTTP, the embedded model, the scripted stand-in. For who opens an endpoint."""
