"""Token ids as text."""
