"""How large a trace will be, and what a budget leaves out."""
