"""Many traces as one zip file for a class: a replay of each, an index, a quiz."""
