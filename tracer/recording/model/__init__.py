"""What a model is made of, and where it is in what a user holds."""
