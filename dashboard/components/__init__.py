"""Streamlit components that put a browser module of `tracer.web` on a page, and tell Python the position."""
