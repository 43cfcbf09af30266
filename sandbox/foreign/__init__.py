"""Files of others, read by bytes: Parquet and packed text."""
