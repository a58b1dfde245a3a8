"""A trace as one page that replays it without a server: the browser modules, the values they show, and the page."""
