"""What runs on the writer's thread: shipments become rows and arrays."""
