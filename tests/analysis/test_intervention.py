"""Interventions as text, and the distance of two distributions worked out by hand."""

import math

import numpy as np
import pytest

from tracer.analysis.intervention import Intervention, Target, divergence, entropy_of, parse_intervention


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ablate L5H2", Intervention(Target.HEAD, 5, 2)),
        ("ablate L0.mlp", Intervention(Target.MLP, 0)),
        ("scale L12.attention=0.5", Intervention(Target.ATTENTION, 12, None, 0.5)),
        ("scale L5H2=-2", Intervention(Target.HEAD, 5, 2, -2.0)),
        ("block 17:4", Intervention(Target.EDGE, query=17, key=4)),
        ("block L3.17:4", Intervention(Target.EDGE, 3, query=17, key=4)),
        ("block L3H1.17:17", Intervention(Target.EDGE, 3, 1, query=17, key=17)),
    ],
)
def test_an_intervention_is_read_and_written_alike(text: str, expected: Intervention) -> None:
    assert expected == parse_intervention(text)
    assert text == str(expected)


def test_scaling_by_nothing_is_ablation() -> None:
    assert "ablate L5H2" == str(parse_intervention(" scale  L5H2=0 "))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("remove L5H2", r"'remove L5H2' is no intervention: it begins with none of ablate, scale, block"),
        ("", r"'' is no intervention"),
        ("ablate L5", r"'ablate L5' names no part of a model: a head is L5H2"),
        ("ablate 5.2", r"names no part of a model"),
        (
            "scale L5H2",
            r"'scale L5H2' is not PART=FACTOR with a finite factor\. Type for example 'scale L5H2=0\.5'",
        ),
        ("scale L5H2=much", r"is not PART=FACTOR with a finite factor"),
        ("scale L5H2=nan", r"is not PART=FACTOR with a finite factor"),
        ("scale L5=2", r"names no part of a model"),
        ("block 17", r"'block 17' is not FROM:TO, two positions"),
        ("block H3.17:4", r"is not FROM:TO, two positions"),
        ("block 4:17", r"position 4 comes before 17 and cannot see it\. Type 'block 17:4'"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_can(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_intervention(text)


def test_the_divergence_of_two_coins() -> None:
    fair, bent = (np.log(np.array(p, dtype=np.float32)) for p in ([0.5, 0.5], [0.9, 0.1]))
    expected = 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1)
    assert expected == pytest.approx(divergence(fair, bent), abs=1e-6)
    assert 0.0 == divergence(bent, bent)
    assert divergence(fair, bent) == pytest.approx(divergence(fair + 3, bent - 5), abs=1e-6)


def test_uniform_over_eight_has_the_entropy_of_eight() -> None:
    assert math.log(8) == pytest.approx(entropy_of(np.zeros(8, dtype=np.float32)))
