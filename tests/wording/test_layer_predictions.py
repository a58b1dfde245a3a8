"""What is said about a lens, in both languages, and nothing that is not so."""

import pytest

from tests.lenses import TOKENS, layer, lens
from tracer.wording.layer_predictions import lens_sentences

WHOLE = lens()


def test_a_decided_token_is_said_with_its_layer_and_who_led_before() -> None:
    assert lens_sentences(WHOLE) == (
        "Decided at layer 1: from there on `·ra` stays first, and the last layer gives it 87.5 %. "
        "One layer earlier `·the` was first, and `·ra` was 2nd."
    )
    assert lens_sentences(WHOLE, "zh") == (
        "在第 1 层确定：从那里起 `·ra` 一直排第一，最后一层给它 87.5%。"
        "前一层排第一的是 `·the`，`·ra` 是第 2 名。"
    )


def test_a_token_decided_at_the_last_layer_is_said_so() -> None:
    late = lens(
        decided_at=3, layers=(*WHOLE.layers[:2], layer(2, 2, 0, rank=1, probability=0.5), WHOLE.layers[3])
    )
    assert lens_sentences(late).startswith(
        "Decided only at the last layer: `·ra` comes first there (87.5 %). One"
    )
    assert lens_sentences(late, "zh").startswith("到最后一层才确定：`·ra` 在那里升到第一（87.5%）。")


def test_a_token_first_from_the_embedding_on_has_nobody_before_it() -> None:
    expected = (
        "Decided at the embedding: from there on `·ra` stays first, and the last layer gives it 87.5 %."
    )
    assert expected == lens_sentences(lens(decided_at=0))
    assert "在嵌入（embedding）确定：从那里起" in lens_sentences(lens(decided_at=0), "zh")


def test_a_token_that_is_not_first_at_the_end_is_told_apart_from_the_favorite() -> None:
    lost = lens(
        decided_at=None,
        favorite_id=2,
        favorite=TOKENS[2],
        favorite_decided_at=1,
        layers=(*WHOLE.layers[:3], layer(3, 2, 0, rank=1, probability=0.75)),
    )
    assert lens_sentences(lost) == (
        "No layer decided it: at the last one `·ra` is 2nd (25.0 %). "
        "The model's favorite `·the` is decided at layer 0 (75.0 %)."
    )
    assert lens_sentences(lost, "zh") == (
        "没有哪一层确定了它：在最后一层，`·ra` 是第 2 名（25.0%）。"
        "模型最看好的 `·the` 在第 0 层确定（75.0%）。"
    )


def test_missing_layers_are_counted() -> None:
    partial = lens(layers=WHOLE.layers[:2], decided_at=None, favorite_decided_at=None)
    assert lens_sentences(partial) == (
        "The last layer was not recorded, so it cannot be said where `·ra` was decided. "
        "2 of 4 points were recorded (the embedding and each layer)."
    )
    assert lens_sentences(partial, "zh") == (
        "没有记录最后一层，无法判断 `·ra` 在哪一层确定。嵌入和各层共 4 处，只记录了 2 处。"
    )


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lang='fr' is none of en, zh\. Type lang='en'\."):
        lens_sentences(WHOLE, "fr")  # type: ignore[arg-type]
