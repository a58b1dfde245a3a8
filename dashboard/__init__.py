"""The dashboard: replays a trace step by step in the browser. Streamlit stays in this package.

Holds no computation: pictures come from `tracer.pictures` and `tracer.figures`, browser modules from `tracer.web`.
"""
