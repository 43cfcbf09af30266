"""Files of others, read by bytes: Parquet, packed text, YAML."""
