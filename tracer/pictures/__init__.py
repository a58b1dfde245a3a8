"""What each picture shows, as one frozen value with its words; browser modules and figures draw the same value.

No drawing here: plotly is in `tracer.figures`, browser modules are in `tracer.web`.
"""
