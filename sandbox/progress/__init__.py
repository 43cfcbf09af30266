"""Any long command while it goes on: what it reports, and how that is shown. Knows no society."""
