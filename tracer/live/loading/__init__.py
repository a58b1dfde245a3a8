"""Loads models, and turns a prompt into their inputs."""
