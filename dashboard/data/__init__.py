"""What the pages and routes read: the library of traces, the place someone looks at, and the views by name."""
