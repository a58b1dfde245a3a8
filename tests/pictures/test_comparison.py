"""The compare page's value: both strips aligned, the sentences, and the tables of what differs."""

import dataclasses
import json

import pytest

from tests.compared_runs import PROMPT, recorded_run
from tracer.analysis.comparison import compare
from tracer.analysis.distances import distances
from tracer.analysis.explanation import json_ready
from tracer.pictures.candidate_pairs import pair_picture
from tracer.pictures.comparison import comparison_picture
from tracer.pictures.distances import distance_picture


def test_the_strips_are_aligned_and_marked() -> None:
    found = compare(recorded_run(), recorded_run(temperature=1.6, max_new_tokens=9))
    picture = comparison_picture(found)

    assert ["shared"] * 6 + ["other"] == [pair.mark for pair in picture.pairs[:7]]
    assert ("alone", None) == (picture.pairs[8].mark, picture.pairs[8].a)
    assert [step.token_id for step in recorded_run().steps] == [pair.a.id for pair in picture.pairs if pair.a]
    assert (6, 6, 6, True) == (
        picture.divergence,
        picture.other_divergence,
        picture.num_shared,
        picture.has_kl,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": (*PROMPT, 8)}, "The prompt of A (5 tokens) is the beginning of that of B (6 tokens)."),
        ({"seed": 4}, "Cause: the draw. The scores are equal, the luck is not (another random state)."),
        (
            {"max_new_tokens": 5},
            "Cause: B stopped by MaxLengthCriteria. Settings that differ: max_new_tokens: 8 in A",
        ),
        (
            {"do_sample": False, "temperature": None, "top_k": None},
            "Cause: B took the highest score, A drew.",
        ),
        ({"attention": "sdpa"}, "The logits differ all the same, first at step 0. At step 7 that is"),
        ({"attention": "sdpa", "seed": 4}, "The logits differ as well, by no more than rounding."),
        ({"preset": "light"}, "Not both traces hold the logits"),
        ({"architecture": "mistral"}, "Cause: the model gave other logits, first at step 0."),
        ({"seed": 4, "temperature": 1.6}, "Also different there: the "),
    ],
)
def test_the_sentences_name_what_was_changed(changes: dict[str, object], said: str) -> None:
    found = compare(recorded_run(), recorded_run(**changes))  # type: ignore[arg-type]
    english, chinese = comparison_picture(found), comparison_picture(found, "zh")

    assert said in " ".join((english.headline, english.cause, english.caveat, english.prompt))
    assert chinese.headline != english.headline
    assert chinese.cause != english.cause or not english.cause


def test_settings_and_facts_are_rows_with_their_origin() -> None:
    picture = comparison_picture(
        compare(recorded_run(), recorded_run(repetition_penalty=1.5, attention="sdpa"))
    )

    assert [("repetition_penalty", "1.0 · default", "1.5 · argument")] == [
        (row.name, row.a, row.b) for row in picture.settings.rows
    ]
    assert [("RepetitionPenaltyLogitsProcessor", "absent", "repetition penalty 1.5")] == [
        (row.name, row.a, row.b) for row in picture.processors.rows
    ]
    assert [("model: attn_implementation", "eager", "sdpa")] == [
        (row.name, row.a, row.b) for row in picture.facts.rows
    ]
    assert ("No difference.", ()) == (picture.criteria.note, picture.criteria.rows)


def test_every_value_is_json() -> None:
    found = compare(recorded_run(), recorded_run(temperature=1.6))
    pictures = (
        comparison_picture(found),
        distance_picture(found, distances(found.a, found.b)),
        pair_picture(found.a.steps[6], found.b.steps[6]),
    )

    for picture in pictures:
        assert json.dumps(json_ready(dataclasses.asdict(picture)), allow_nan=False)
    assert "infinite" == pictures[1].final.texts[7]
