from types import SimpleNamespace
from typing import Any

import pytest

from tracer.analysis.findings.chat_markup import ChatMarkup, chat_markup

TEXTS = ("<|start|>", "<|end|>", "<|head|>", "<bos>", "")


class Words:
    """A vocabulary of five special tokens, the last without text."""

    special_ids = tuple(range(len(TEXTS)))

    def token(self, token_id: int) -> str:
        return TEXTS[token_id]


def markup(source: str | None) -> ChatMarkup | None:
    """Returns the markup of a template."""
    trace: Any = SimpleNamespace(chat_template=source, vocabulary=Words())
    return chat_markup(trace)


@pytest.mark.parametrize(
    "source",
    [
        "{{ '<|start|>' + message['role'] + '\\n' + message['content'] + '<|end|>' + '\\n' }}",
        "{{- '<|start|>' + message.role + '\\n' + content + '<|end|>' }}",
        "{{ '<|start|>' + role + '\\n' + message['content'] | trim + '<|end|>\\n' }}",
        '{{ "<|start|>" ~ message["content"] ~ "<|end|>" }}',
        "<|start|>{{ message['content'] }}<|end|>",
        "{{ '<|start|>' }}{{ message['content'] | trim }}{{ '<|end|>\\n' }}",
        "{{ '<|start|>' + message['content'] + '\\n<|end|>' }}",
    ],
)
def test_the_token_behind_a_content_ends_a_message(source: str) -> None:
    assert ChatMarkup((0, 1), frozenset({1}), names_bos=False, names_eos=False) == markup(source)


def test_tokens_stand_in_the_order_of_the_source_and_headers_end_nothing() -> None:
    source = (
        "{% set content = '<|start|>' + message['role'] + '<|head|>\\n\\n' + message['content'] | trim + '<|end|>' %}"
        "{% if loop.first %}{% set content = bos_token + content %}{% endif %}{{ content }}"
    )

    assert ChatMarkup((0, 2, 1), frozenset({1}), names_bos=True, names_eos=False) == markup(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% if message.content is string %}{{ '<|start|>' }}{% endif %}",
        "{{ message['content'] + '\\n\\n' }}{{ '<|start|>' }}",
    ],
)
def test_what_only_comes_later_ends_nothing(source: str) -> None:
    assert ChatMarkup((0,), frozenset(), names_bos=False, names_eos=False) == markup(source)


def test_an_end_token_by_name_is_known_to_be_named_only() -> None:
    expected = ChatMarkup((), frozenset(), names_bos=True, names_eos=True)

    assert expected == markup("{{ bos_token + '[INST] ' + message['content'] + eos_token }}")
    assert markup(None) is None
