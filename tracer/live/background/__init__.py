"""Recordings that run in a thread of their own, so that a page can show their progress and stop them."""
