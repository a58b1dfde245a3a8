"""What the trace's documents and vocabulary say, described from live objects."""
