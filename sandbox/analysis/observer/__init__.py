"""How far ratings can be trusted: raters of the same texts, compared."""
