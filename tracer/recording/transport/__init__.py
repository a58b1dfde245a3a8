"""How tensors get from the generating thread to the writer's."""
