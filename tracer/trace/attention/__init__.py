"""Attention put together from stored queries, keys, values and masks."""
