"""Views as files: PNG, SVG and PDF of one, each with a caption beside it, and the decisions of all steps as a GIF."""
