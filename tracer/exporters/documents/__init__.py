"""Documents out of a trace: the notebook, the report with its pictures, the report on paper, the deck of slides."""
