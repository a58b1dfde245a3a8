"""Weights of a recorded model: from the live one, or from a checkpoint's files."""
