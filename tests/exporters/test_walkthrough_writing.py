"""`tracer.walkthrough`: of a new call, of a trace run again, of a model with an encoder; and what is refused."""

import copy
import re
import shutil

import pytest
import torch
import transformers

import tracer
from tests import tiny_model
from tests.cli.conftest import tracer as command  # noqa: F401  (a fixture under another name)
from tracer.errors import ModelError, TraceExistsError

HOSTILE = "</script><script>alert(1)</script>|`x`**b**$y$<img src=x onerror=alert(2)>"
SETTINGS = {"do_sample": True, "max_new_tokens": 3}


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """Returns folder, model and tokenizer of a tiny model."""
    folder = tiny_model.save_tiny_model(tmp_path_factory.mktemp("llama") / "model")
    return folder, *tracer.load_model(str(folder), device="cpu")


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    """Returns the folder of a tiny model with an encoder, saved with its tokenizer."""
    folder = tmp_path_factory.mktemp("t5") / "model"
    tokenizer = tiny_model.build_tokenizer()
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
    config = transformers.T5Config(
        vocab_size=len(tokenizer), **sizes, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_model_with_an_encoder_is_loaded_with_it(t5):
    model, _ = tracer.load_model(str(t5), device="cpu")

    assert "T5ForConditionalGeneration" == type(model).__name__


def test_a_new_call_becomes_a_page(llama, tmp_path):
    _, model, tokenizer = llama
    given = {"prompt": "hello", "seed": 3, **SETTINGS}

    for name in ("tour.html", "again.html", "tour.md"):
        assert tmp_path / name == tracer.walkthrough(model, tokenizer, to=tmp_path / name, **given)
    assert (tmp_path / "tour.html").read_bytes() == (tmp_path / "again.html").read_bytes()
    assert "LlamaAttention.forward" in (tmp_path / "tour.md").read_text(encoding="utf-8")


def test_the_tokenizer_has_its_lines_with_and_without_a_template(llama, tmp_path):
    _, model, tokenizer = llama
    bare = copy.deepcopy(tokenizer)
    bare.chat_template = None

    with_template = tracer.walkthrough(
        model, tokenizer, prompt="rain", to=tmp_path / "a.md", max_new_tokens=2
    )
    without = tracer.walkthrough(model, bare, prompt="rain", to=tmp_path / "b.md", max_new_tokens=2)

    assert "apply\\_chat\\_template" in with_template.read_text(encoding="utf-8")
    text = without.read_text(encoding="utf-8")
    assert "apply\\_chat\\_template" not in text
    assert ".\\_encode\\_plus" in text
    assert ".\\_decode" in text


def test_a_hostile_prompt_stays_text_beside_the_lines_of_the_tokenizer(llama, tmp_path, browser):
    _, model, tokenizer = llama
    given = {"prompt": HOSTILE, "max_new_tokens": 2}
    html = tracer.walkthrough(model, tokenizer, to=tmp_path / "a.html", **given)
    text = tracer.walkthrough(model, tokenizer, to=tmp_path / "a.md", **given).read_text(encoding="utf-8")
    page, said = browser.new_page(), []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: said.append(message.text))
    page.goto(html.as_uri())

    assert 1 == page.locator("script").count()
    assert 0 == page.locator("img").count()
    assert HOSTILE in page.locator("main").text_content()
    assert [] == said
    assert not re.search(r"(?<!\\)<(script|img)", re.sub(r"(?s)```.*?```", "", text))
    page.close()


def test_a_trace_is_run_again_with_the_model_at_hand_or_the_one_it_names(llama, tmp_path):
    _, model, tokenizer = llama
    to = tmp_path / "x.trace"
    with tracer.record(model, tokenizer, to=to):
        model.generate(**tokenizer("rain", return_tensors="pt"), **SETTINGS)

    tracer.walkthrough(to, to=tmp_path / "a.html", lang="zh")
    tracer.walkthrough(tracer.open_trace(to), tokenizer, model=model, to=tmp_path / "b.html", lang="zh")

    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert "重跑" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "本次运行没有注册 hook" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_trace_whose_tokens_differ_is_refused_and_nothing_is_written(llama, tmp_path):
    folder, _, tokenizer = llama
    other, to = tmp_path / "other", tmp_path / "x.trace"
    shutil.copytree(folder, other)
    model, _ = tracer.load_model(str(other), device="cpu")
    with tracer.record(model, tokenizer, to=to):
        model.generate(**tokenizer("rain", return_tensors="pt"), max_new_tokens=3, do_sample=False)
    with torch.no_grad():
        model.get_output_embeddings().weight.neg_()

    with pytest.raises(ModelError, match="run again, is not the recorded one: row 0, step 0 gave token"):
        tracer.walkthrough(to, tokenizer, model=model, to=tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()


def test_the_command_writes_a_page_of_a_model_with_an_encoder(command, t5, tmp_path):  # noqa: F811
    to = tmp_path / "tour.html"
    outcome = command("walkthrough", "--model", t5, "--prompt", "rain", "--max-new-tokens", 3, "--to", to)
    text = to.read_text(encoding="utf-8")

    assert 0 == outcome.code
    assert 'id="encoder"' in text
    assert 'id="cross_attention"' in text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "exactly one of them"),
        ({"prompt": "x", "to": "tour.pdf"}, "neither .html nor .md"),
        ({"prompt": "x", "steps": ()}, "names 0 steps"),
        ({"prompt": "x", "lang": "fr"}, "lang='fr' is none of"),
        ({"prompt": " "}, "The prompt is empty"),
    ],
)
def test_what_makes_no_page_is_told(llama, tmp_path, given, told):
    _, model, tokenizer = llama
    with pytest.raises((ValueError, ModelError), match=told):
        tracer.walkthrough(model, tokenizer, **{"to": tmp_path / "tour.html", **given})


def test_a_trace_has_its_own_settings(tmp_path):
    with pytest.raises(ValueError, match="a trace has its own settings"):
        tracer.walkthrough("x.trace", to=tmp_path / "tour.html", top_k=3)


def test_a_page_is_not_replaced_unasked(llama, tmp_path):
    _, model, tokenizer = llama
    to = tmp_path / "tour.html"
    to.write_text("mine", encoding="utf-8")

    with pytest.raises(TraceExistsError, match="is there already"):
        tracer.walkthrough(model, tokenizer, prompt="x", to=to)
    assert "mine" == to.read_text(encoding="utf-8")
