"""What `sources`, `lens`, `attribute` and `intervene` answer, as notebooks show it: the sentences and a small table."""

from tracer.analysis.attribution import Attribution
from tracer.analysis.intervention import InterventionResult
from tracer.analysis.logit_lens import Lens
from tracer.analysis.source_shares import SourceShares
from tracer.notebook.html import Markup, chip, joined, paragraph, quiet, sentence, table
from tracer.wording import numbers
from tracer.wording.attribution import attribution_sentences
from tracer.wording.composition import Language, compose
from tracer.wording.intervention import intervention_sentences
from tracer.wording.layer_predictions import layer_name, lens_sentences
from tracer.wording.source_shares import signed, source_note, source_sentences

_MOST_ROWS = 10


def sources_html(shares: SourceShares, lang: Language) -> Markup:
    """Returns which heads and sources pushed the token most."""
    head = [compose(f"notebook.column_{name}", lang) for name in ("token", "head", "value")]
    rows = [
        (chip(one.token), f"L{one.layer} H{one.head}", signed(one.value)) for one in shares.top(_MOST_ROWS)
    ]
    tokens = [shares.token, shares.rival, *(one.token for one in shares.top(1))]
    said = paragraph(sentence(source_sentences(shares, lang), tokens))
    return joined([said, table(head, rows), quiet(sentence(source_note(shares, lang), tokens))])


def lens_html(lens: Lens, lang: Language) -> Markup:
    """Returns what every layer would have said."""
    head = [compose(f"notebook.column_{name}", lang) for name in ("layer", "token", "probability")]
    rows = [
        (
            layer_name(layer.stream, lang),
            chip(layer.top[0].token),
            numbers.percent(layer.top[0].probability, lang),
        )
        for layer in lens.layers
        if layer.top
    ]
    tokens = [lens.chosen, lens.favorite, *(one.token for layer in lens.layers for one in layer.top[:1])]
    return joined([paragraph(sentence(lens_sentences(lens, lang), tokens)), table(head, rows)])


def attribution_html(attribution: Attribution, lang: Language) -> Markup:
    """Returns which tokens of the text gave the token its score."""
    ordered = sorted(attribution.sources, key=lambda one: -abs(one.score))[:_MOST_ROWS]
    head = [compose(f"notebook.column_{name}", lang) for name in ("position", "token", "value")]
    rows = [(numbers.count(one.position), chip(one.token), signed(one.score)) for one in ordered]
    tokens = [one.token for one in attribution.sources] + [attribution.chosen]
    return joined([paragraph(sentence(attribution_sentences(attribution, lang), tokens)), table(head, rows)])


def intervention_html(result: InterventionResult, lang: Language) -> Markup:
    """Returns the leading tokens before and after."""
    head = [compose(f"notebook.column_{name}", lang) for name in ("token", "before", "after")]
    rows = [
        (
            chip(row.token),
            numbers.percent(row.probability_before, lang),
            numbers.percent(row.probability_after, lang),
        )
        for row in result.rows[:_MOST_ROWS]
    ]
    tokens = [row.token for row in result.rows]
    return joined([paragraph(sentence(intervention_sentences(result, lang), tokens)), table(head, rows)])
