"""What a walk-through of one `generate` call shows: stations, lines and facts as one frozen value, in one language."""
