"""Every public figure speaks both languages: in Chinese no English sentence is left, and every title has Chinese."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tracer
from tests import synthetic
from tests.analysis.chain import rain_step
from tests.analysis.scripted_runs import A, B, Run, chat, record_run
from tests.analysis.test_attribution import made
from tests.analysis.texts import branched_trace, spelled_trace
from tests.answers import make_answer
from tests.compared_runs import recorded_run
from tests.figures.test_attribution import RESULT
from tests.lenses import lens
from tests.made_shares import make_shares
from tests.wording.test_expectation import left
from tracer import figures
from tracer.analysis.comparison import compare
from tracer.analysis.stream_norms import stream_norms
from tracer.pictures.cache_growth import cache_growth
from tracer.pictures.forward_mask import forward_mask
from tracer.pictures.model_structure import model_structure
from tracer.pictures.position_ids import position_ids
from tracer.trace.step import Step
from tracer.wording.composition import Language

Make = Callable[[Path, Language], Any]

HAN = re.compile("[\u3400-\u9fff]")
SENTENCE = re.compile(r"[A-Za-z]{3,} (?:[A-Za-z]{2,} )*[A-Za-z]{3,}")
NOT_SAID = re.compile(r"<[^>]*>|`[^`]*`|logit lens|residual stream|position id|attention sink|MLP|KV")
WORDS = re.compile(r"[A-Za-z]{4,}")
SAME_IN_BOTH = {"token", "logit", "logits", "nats"}


def made_step(folder: Path) -> Step:
    """A step of a made-up trace with everything recorded."""
    return tracer.open_trace(synthetic.write_trace(folder / "made.trace")).steps[1]


def with_norms(folder: Path, lang: Language) -> Any:
    return figures.stream_norms(stream_norms(made_step(folder)), lang=lang)


def with_findings(folder: Path, lang: Language) -> Any:
    run = Run(chat(A), [{B: 9.0}, {A: 10.0, B: 9.8, 12: 9.7}], {"repetition_penalty": 1.2})
    return figures.findings_strip(record_run(run, folder / "run.trace"), lang=lang)


def with_branch(folder: Path, lang: Language) -> Any:
    parent = spelled_trace(folder / "a.trace", 9, 1, 7, 5)
    branch = branched_trace(folder / "b.trace", parent, 9, 1, 8, step=2, token_id=8, seed=4)
    return figures.branch_paths(parent, branch, lang=lang)


def with_runs(_: Path, lang: Language) -> Any:
    return figures.kl_per_step(compare(recorded_run(), recorded_run(temperature=1.6)), lang=lang)


def with_pair(_: Path, lang: Language) -> Any:
    a, b = recorded_run().steps[6], recorded_run(temperature=1.6).steps[6]
    return figures.candidates_beside(a, b, lang=lang)


def with_modules(_: Path, lang: Language) -> Any:
    return figures.module_icicle(model_structure(recorded_run(), lang))


FIGURES: dict[str, Make] = {
    "attention_bars": lambda folder, lang: figures.attention_bars(made_step(folder), lang=lang),
    "attention_grid": lambda folder, lang: figures.attention_grid(made_step(folder), "entropy", lang=lang),
    "attention_map": lambda folder, lang: figures.attention_map(made_step(folder), 0, 0, lang=lang),
    "attribution_bars": lambda _, lang: figures.attribution_bars(made(rival_id=9, rival="$y"), lang=lang),
    "branch_paths": with_branch,
    "cache_growth": lambda folder, lang: figures.cache_growth(cache_growth(made_step(folder), lang)),
    "cache_layers": lambda folder, lang: figures.cache_layers(cache_growth(made_step(folder), lang)),
    "candidates_beside": with_pair,
    "contribution_waterfall": lambda _, lang: figures.contribution_waterfall(make_shares(), lang=lang),
    "decision": lambda _, lang: figures.decision(rain_step(), lang=lang),
    "draw_race": lambda _, lang: figures.draw_race(rain_step(), lang=lang),
    "draw_what_if": lambda _, lang: figures.draw_what_if(make_answer(), lang=lang),
    "expectation_path": lambda _, lang: figures.expectation_path(left(None, removed=True), lang=lang),
    "findings_strip": with_findings,
    "text_marks": lambda folder, lang: figures.text_marks(
        spelled_trace(folder / "found.trace", 9, 1, 7), "rain", lang=lang
    ),
    "forks_strip": lambda folder, lang: figures.forks_strip(
        spelled_trace(folder / "a.trace", 9, 1), lang=lang
    ),
    "forward_mask": lambda folder, lang: figures.forward_mask(forward_mask(made_step(folder), 0, lang)),
    "intervention_bars": lambda _, lang: figures.intervention_bars(RESULT, lang=lang),
    "kl_per_step": with_runs,
    "lens_grid": lambda _, lang: figures.lens_grid(lens(), lang=lang),
    "lens_lines": lambda _, lang: figures.lens_lines(lens(), lang=lang),
    "module_icicle": with_modules,
    "position_ids": lambda folder, lang: figures.position_ids(position_ids(made_step(folder), lang)),
    "redraw_bars": lambda _, lang: figures.redraw_bars(rain_step(), lang=lang),
    "source_heatmap": lambda _, lang: figures.source_heatmap(make_shares(), lang=lang),
    "stream_norms": with_norms,
}

EMPTY: dict[str, Make] = {
    "attribution_bars": lambda _, lang: figures.attribution_bars(made(sources=()), lang=lang),
    "expectation_path": lambda _, lang: figures.expectation_path(
        left(None, expected=None, missing="Step 3 has no scores."), lang=lang
    ),
    "lens_grid": lambda _, lang: figures.lens_grid(lens(layers=()), lang=lang),
    "lens_lines": lambda _, lang: figures.lens_lines(lens(layers=(), decided_at=None), lang=lang),
    "source_heatmap": lambda _, lang: figures.source_heatmap(
        make_shares(attention=np.zeros((2, 3, 4))), lang=lang
    ),
}

each_figure = pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES.keys())
each_empty_one = pytest.mark.parametrize("make", EMPTY.values(), ids=EMPTY.keys())


def headings(figure: Any) -> Iterator[str]:
    """Every title: of the figure, of its axes and color bars; and the notes in it."""
    layout = figure.layout
    yield layout.title.text or ""
    yield layout.title.subtitle.text or ""
    yield from (axis.title.text or "" for axis in (*figure.select_xaxes(), *figure.select_yaxes()))
    yield from (note.text or "" for note in layout.annotations)
    for trace in figure.data:
        bar = getattr(trace, "colorbar", None)
        yield (bar.title.text or "") if bar is not None else ""
        yield (trace.name or "") if has_legend(figure, trace) else ""


def has_legend(figure: Any, trace: Any) -> bool:
    """Whether the trace's name can be read."""
    return False not in (figure.layout.showlegend, getattr(trace, "showlegend", None))


def texts(figure: Any) -> Iterator[str]:
    """Everything that someone can read in the figure, on hover too."""
    yield from headings(figure)
    for trace in figure.data:
        yield trace.hovertemplate or "" if isinstance(trace.hovertemplate, str) else ""
        yield from strings(trace.customdata)
        yield from strings(trace.hovertext)


def strings(values: Any) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif values is not None and not isinstance(values, bytes):
        for value in values if isinstance(values, tuple | list | np.ndarray) else ():
            yield from strings(value)


def said(text: str) -> str:
    """The text without markup, code, and the terms that Chinese keeps in brackets."""
    return NOT_SAID.sub("", text)


def test_every_public_figure_is_tried() -> None:
    assert sorted(figures.__all__) == sorted(FIGURES)


@each_figure
def test_no_english_sentence_is_left_in_chinese(make: Make, tmp_path: Path) -> None:
    assert [] == [text for text in texts(make(tmp_path, "zh")) if SENTENCE.search(said(text))]


@each_empty_one
def test_notes_of_figures_with_little_to_show_are_chinese_too(make: Make, tmp_path: Path) -> None:
    assert [] == [text for text in texts(make(tmp_path, "zh")) if SENTENCE.search(said(text))]


@each_figure
def test_titles_with_words_in_english_have_chinese_in_chinese(make: Make, tmp_path: Path) -> None:
    english, chinese = (list(headings(one)) for one in map(partial(of, make, tmp_path), ("en", "zh")))

    assert len(english) == len(chinese)
    assert [] == [
        (one, other)
        for one, other in zip(english, chinese, strict=True)
        if set(WORDS.findall(said(one))) - SAME_IN_BOTH and not HAN.search(other)
    ]


def of(make: Make, folder: Path, lang: Language) -> Any:
    """The figure in a language, from files of its own."""
    own = folder / lang
    own.mkdir()
    return make(own, lang)
