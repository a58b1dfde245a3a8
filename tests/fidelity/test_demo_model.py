"""The same oracles on the demo model: a real vocabulary, a chat template, and a prompt of ordinary length."""

from pathlib import Path
from typing import Any

import pytest

import tracer
from tests.fidelity.cells import SAMPLED, check_call
from tests.fidelity.reading import Reader

QUESTIONS = {"english": "What is the capital of France?", "chinese": "为什么要减少污染,保护环境?"}


def _chat(tokenizer: Any, question: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    return dict(
        tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
    )


@pytest.mark.parametrize("decoding", ["greedy", "sampled"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_demo_model_is_read_as_a_bare_call_gives(
    question: str, decoding: str, demo: tuple[Any, Any], tmp_path: Path, reader: Reader
) -> None:
    model, tokenizer = demo
    settings = {**_chat(tokenizer, QUESTIONS[question]), "max_new_tokens": 8}
    settings |= dict(SAMPLED) if decoding == "sampled" else {}
    settings["eos_token_id"] = tokenizer.eos_token_id
    truth = check_call(model, lambda: settings, tmp_path, reader)
    assert 30 == len(truth.forwards[0].layers)


def test_the_demo_model_answers_and_its_words_are_read_back(demo: tuple[Any, Any], tmp_path: Path) -> None:
    model, tokenizer = demo
    settings = _chat(tokenizer, QUESTIONS["english"])
    with tracer.record(model, tokenizer, to=tmp_path / "paris.trace", preset="light"):
        output = model.generate(**settings, max_new_tokens=10, do_sample=False)
    sequence = tracer.open_trace(tmp_path / "paris.trace").calls[0].sequences[0]
    new = output[0, settings["input_ids"].shape[1] :]
    assert tokenizer.decode(new, skip_special_tokens=False) == sequence.text
    assert "The capital of France is Paris." in sequence.text
