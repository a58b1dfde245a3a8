import shutil

import pytest


@pytest.fixture(scope="module")
def words():
    """Returns the settings of a small draw."""
    return ("--do-sample", "--seed", 3, "--max-new-tokens", 3)


def test_a_prompt_becomes_a_page_in_both_forms(tracer, tiny, tmp_path, words):
    for name in ("tour.html", "tour.md"):
        to = tmp_path / name
        outcome = tracer("walkthrough", "--model", tiny, "--prompt", "hello", *words, "--to", to)

        assert 0 == outcome.code
        assert "stations" in outcome.out
        assert "_sample" in to.read_text(encoding="utf-8")


def test_the_same_call_gives_the_same_page(tracer, tiny, tmp_path, words):
    pages = []
    for name in ("a.html", "b.html"):
        tracer("walkthrough", "--model", tiny, "--prompt", "hello", *words, "--to", tmp_path / name)
        pages.append((tmp_path / name).read_bytes())

    assert pages[0] == pages[1]


def test_a_trace_is_run_again_and_the_page_says_so(tracer, tiny, tmp_path, words):
    trace, to = tmp_path / "x.trace", tmp_path / "tour.html"
    tracer("record", "--model", tiny, "--prompt", "hello", *words, "--to", trace)

    outcome = tracer("walkthrough", trace, "--lang", "zh", "--to", to)

    assert 0 == outcome.code
    assert "重跑" in to.read_text(encoding="utf-8")


def test_a_run_that_gives_other_tokens_is_refused(tracer, tiny, tmp_path, words):
    import torch
    from transformers import AutoModelForCausalLM

    other, trace = tmp_path / "other", tmp_path / "x.trace"
    shutil.copytree(tiny, other)
    tracer("record", "--model", other, "--prompt", "hello", *words, "--to", trace)
    model = AutoModelForCausalLM.from_pretrained(other)
    with torch.no_grad():
        model.get_input_embeddings().weight.neg_()
    model.save_pretrained(other)

    outcome = tracer("walkthrough", trace, "--model", other, "--to", tmp_path / "tour.html")

    assert "is not the recorded one" in outcome.paragraph
    assert not (tmp_path / "tour.html").exists()


def test_wrong_use_is_one_paragraph(tracer, tmp_path):
    there = tmp_path / "there.html"
    there.write_text("mine", encoding="utf-8")
    asked = ("walkthrough", "--prompt", "x")

    assert "exactly one of them" in tracer("walkthrough", "--to", tmp_path / "x.html").paragraph
    assert "neither .html nor .md" in tracer(*asked, "--to", tmp_path / "x.pdf").paragraph
    assert "is there already" in tracer(*asked, "--to", there).paragraph
    assert "1 to 4 fit a page" in tracer(*asked, "--to", tmp_path / "x.md", "--steps", "0-9").paragraph
    assert "lang='fr' is none of" in tracer(*asked, "--to", tmp_path / "x.md", "--lang", "fr").paragraph
    assert "mine" == there.read_text(encoding="utf-8")


def test_a_missing_library_names_the_extra(tracer, tmp_path, monkeypatch):
    monkeypatch.setattr("tracer.exporters.walkthroughs.making.find_spec", lambda name: None)

    found = tracer("walkthrough", "--prompt", "x", "--to", tmp_path / "x.html").paragraph

    assert "A walk-through needs jinja2, pygments, not installed." in found


def test_a_page_that_cannot_be_written_is_refused(tracer, tiny, tmp_path, words):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")

    found = tracer(
        "walkthrough", "--model", tiny, "--prompt", "x", *words, "--to", blocked / "tour.html"
    ).paragraph

    assert "cannot be written" in found
