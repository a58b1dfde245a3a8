"""A trace as tables for other programs, and the dictionary that says what each column holds."""
