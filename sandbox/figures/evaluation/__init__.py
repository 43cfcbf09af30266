"""What was asked and judged in an evaluation, as rows: lists, items, reasons. Knows no terminal and no interval."""
