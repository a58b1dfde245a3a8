"""One module a page. A page arranges panels, widgets and figures; it computes nothing.

The folder is not called `pages`: Streamlit takes a folder of that name beside its script for a list of pages.
"""
