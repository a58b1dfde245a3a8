"""Puts a plotly figure on the page: no tool bar, no interpretation of token text as formulas."""

import plotly.graph_objects as go
import streamlit as st

_CONFIG = {"displayModeBar": False, "typesetMath": False, "responsive": True}


def chart(figure: go.Figure, key: str) -> None:
    """Shows the figure in the colors of the page."""
    st.plotly_chart(figure, key=key, config=_CONFIG)
