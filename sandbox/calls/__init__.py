"""The machine of paid calls, for any work: journal before use, budgets, limits, resume. Knows no society."""
