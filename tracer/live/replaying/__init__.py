"""Repeats what was recorded: a call, or the forwards of one step."""
