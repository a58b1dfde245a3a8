"""Makes files for others out of a trace: each format in its own place. Holds nothing itself."""
