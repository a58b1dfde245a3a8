"""What needs the model shows itself too: sources, lens, attribution and intervention, as sentences and a table."""

from typing import Any

import pytest

import tracer
from tests.analysis.test_attribution import made
from tests.figures.test_attribution import RESULT
from tests.lenses import lens
from tests.made_shares import make_shares
from tests.notebook.test_showing import ALLOWED, Tags
from tracer.wording.attribution import attribution_sentences
from tracer.wording.intervention import intervention_sentences
from tracer.wording.layer_predictions import lens_sentences
from tracer.wording.source_shares import source_sentences

VALUES = {
    "sources": (make_shares(), source_sentences),
    "lens": (lens(), lens_sentences),
    "attribution": (made(), attribution_sentences),
    "intervention": (RESULT, intervention_sentences),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_sentences_stand_above_a_table(name: str, lang: Any) -> None:
    value, sentences = VALUES[name]
    shown = Tags(tracer.show(value, lang=lang).html)

    assert shown.words.startswith(sentences(value, lang).replace("`", ""))  # type: ignore[operator]
    assert "table" in shown.names
    assert shown.names <= ALLOWED
