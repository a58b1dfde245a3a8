"""Parts of pages: each shows one thing about a step or a run. They arrange widgets and values; they compute nothing."""
