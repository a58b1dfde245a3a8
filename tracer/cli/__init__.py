"""The command `tracer`: what a person types becomes calls of the public API, and answers become text.

Decides nothing about recording or reading. torch and transformers are imported only inside the commands that
need them, so that reading works without.
"""
