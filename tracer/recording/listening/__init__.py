"""What runs on the generating thread: hooks and the state machine of one call."""
