"""Labels show a token as it is; rows are numbers with texts."""

import plotly.graph_objects as go

from tracer.figures.labels import base_layout, empty_note, escape, sentence, token_axis


def test_nothing_in_a_token_is_markup():
    assert "&lt;b&gt;&amp;lt; &#36;x&#36;" == escape("<b>&lt; $x$")


def test_equal_tokens_keep_a_row_each():
    axis = token_axis(["·a", "·a", "<s>"])

    assert [0, 1, 2] == axis["tickvals"]
    assert ["·a", "·a", "&lt;s&gt;"] == axis["ticktext"]
    assert axis["range"][0] > axis["range"][1]  # the first row is on top


def test_the_layout_and_the_note_are_taken_by_plotly():
    figure = go.Figure(layout=base_layout("title", x="probability", y="layer", rows=10))
    figure.add_annotation(empty_note("nothing < here"))

    assert ("probability", "layer") == (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text)
    assert 420 == figure.layout.height
    assert "nothing &lt; here" == figure.layout.annotations[0].text
    assert go.Figure(layout=base_layout("t")).layout.height is None


def test_in_a_sentence_tokens_are_bold_and_still_only_text():
    assert "the token <b>&lt;b&gt;</b> and <b>a`b</b>, &#36;1" == sentence("the token `<b>` and ``a`b``, $1")
    assert "one ` alone" == sentence("one ` alone")
