"""The source lines that a real `generate` call runs, recorded with what each line bound."""
