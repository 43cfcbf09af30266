"""Parquet files of others, read by bytes."""
