"""How values show themselves in notebooks: HTML without script, for light and dark themes. Holds nothing itself."""
