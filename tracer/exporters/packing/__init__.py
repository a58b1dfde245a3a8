"""A trace as one zip file, whole, light or redacted, and back."""
