"""The suites of the papers: one module each makes items of the published data. Knows no model and no network."""
