"""What needs torch, transformers and a live model: loading one, and turning a prompt into its inputs.

Nothing here is needed to read a trace. torch and transformers are imported inside functions, when used.
"""
