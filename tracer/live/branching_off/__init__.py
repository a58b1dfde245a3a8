"""Continues a recorded call from a step, for real."""
