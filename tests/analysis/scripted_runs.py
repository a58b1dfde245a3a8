"""Recorded runs of a tiny model whose logits are written down here, one fault and one clean run for each rule.

`record_run` is a real `generate` call, recorded as any other; only the head's output is replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers as tf

from tests import zoo
from tracer.analysis.findings.finding import Rule, Severity
from tracer.recording.recorder import record
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace

PAD, START, END, OTHER_END, BOS, USER, ASSISTANT = range(7)
A, B, C, D = range(10, 14)

TEMPLATE = (
    "{% for message in messages %}{{ '<|start|>' + message['role'] + message['content'] | trim + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant' }}{% endif %}"
)
BOS_TEMPLATE = "{{ bos_token }}" + TEMPLATE


def chat(*content: int) -> list[int]:
    """Returns a prompt as the template writes it: one message, and the opening of the answer."""
    return [START, USER, *content, END, START, ASSISTANT]


@dataclass(frozen=True)
class Run:
    """A call: prompts of equal length, the logits of each step by token (others 0), and what `generate` gets.

    `model` are fields of the model's own generation config, `config` those of its config, `limit` is the
    length at which the tokenizer truncates.
    """

    prompt: Sequence[int] = tuple(chat(A))
    script: Sequence[dict[int, float]] = ({B: 9.0},)
    settings: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    second_prompt: Sequence[int] | None = None
    mask: list[list[int]] | None = None
    template: str | None = TEMPLATE
    limit: int | None = None


@cache
def tokenizer(template: str | None, limit: int | None) -> Any:
    """Returns a tokenizer with one word a token, four special ones, and this chat template."""
    special = ["<pad>", "<|start|>", "<|end|>", "<|stop|>", "<bos>"]
    words = [*special, "user", "assistant", *(f"w{number}" for number in range(7, zoo.VOCAB_SIZE))]
    model = tokenizers.models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="<pad>")
    inner = tokenizers.Tokenizer(model)
    inner.add_special_tokens(special)
    wrapped = tf.PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", unk_token="<pad>")
    wrapped.chat_template = template
    if limit is not None:
        wrapped.model_max_length = limit
    return wrapped


def record_run(run: Run, path: Path) -> Trace:
    """Returns the light trace of a run."""
    model = zoo.build("llama")
    given = {"pad_token_id": PAD, "bos_token_id": START, "eos_token_id": END, **run.model}
    model.generation_config = tf.GenerationConfig(**given)
    for name, value in run.config.items():
        setattr(model.config, name, value)
    steps = iter(run.script)

    def scripted(_module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        written = torch.zeros_like(output)
        for token_id, logit in next(steps).items():
            written[..., token_id] = logit
        return written

    model.lm_head.register_forward_hook(scripted)
    prompts = [run.prompt, *([] if run.second_prompt is None else [run.second_prompt])]
    mask = [[1] * len(run.prompt)] * len(prompts) if run.mask is None else run.mask
    inputs = {"input_ids": torch.tensor(prompts), "attention_mask": torch.tensor(mask)}
    torch.manual_seed(0)
    with record(model, tokenizer(run.template, run.limit), to=path, preset="light"):
        model.generate(**inputs, **{"max_new_tokens": len(run.script), "do_sample": False, **run.settings})
    return open_trace(path)


@dataclass(frozen=True)
class Case:
    """A rule, a run that has the fault, one that has not, and what is found: severity, step, some numbers."""

    faulty: Run
    clean: Run
    step: int | None
    numbers: dict[str, float]
    severity: Severity = Severity.WARNING


SAMPLED: dict[str, Any] = {"do_sample": True, "top_k": 0}
CLOSE = ({A: 10.0, B: 9.8},)

CASES: dict[Rule, Case] = {
    Rule.RIGHT_PADDING: Case(
        Run(chat(A), second_prompt=[*chat(A)[1:], PAD], mask=[[1] * 6, [1] * 5 + [0]]),
        Run(chat(A), second_prompt=[PAD, *chat(A)[:5]], mask=[[1] * 6, [0] + [1] * 5]),
        0,
        {"num_pads": 1, "prompt_len": 6},
        Severity.ERROR,
    ),
    Rule.STOP_PUSHED_DOWN: Case(
        Run(chat(A), ({END: 10.0, B: 9.5},), {"repetition_penalty": 1.2}),
        Run(chat(A), ({END: 10.0, B: 9.5},)),
        0,
        {"num_in_prompt": 1, "penalty": 1.2, "prompt_len": 6, "stop_id": END, "chosen_id": B},
    ),
    Rule.STOP_MISSED: Case(
        Run(
            script=({B: 9.0}, {OTHER_END: 30.0}, {B: 9.0}, {C: 9.0}),
            settings={"eos_token_id": [END]},
            config={"eos_token_id": [END, OTHER_END]},
        ),
        Run(
            script=({B: 9.0}, {OTHER_END: 30.0}, {B: 9.0}, {C: 9.0}),
            settings={"eos_token_id": [END, OTHER_END]},
            config={"eos_token_id": [END, OTHER_END]},
        ),
        1,
        {"num_after": 2, "num_stop_ids": 1, "probability": 1.0, "end_id": OTHER_END},
    ),
    Rule.STOP_NOT_LISTED: Case(
        Run(settings={"eos_token_id": OTHER_END}), Run(), None, {"num_stop_ids": 1, "end_id": END}
    ),
    Rule.TEMPLATE_TWICE: Case(
        Run([START, USER, *chat(A), END, START, ASSISTANT]),
        Run([*chat(A), B, END, *chat(C)]),
        None,
        {"num_openings": 2, "position": 2, "opening_id": START},
    ),
    Rule.TEMPLATE_MISSING: Case(
        Run([A, B, C]), Run(chat(A, B, C)), None, {"num_template_tokens": 1, "prompt_len": 3}
    ),
    Rule.PROMPT_AT_LIMIT: Case(
        Run(chat(*[A] * 123)), Run(chat(*[A] * 121)), None, {"prompt_len": 128, "limit": 128}
    ),
    Rule.PROMPT_TRUNCATED: Case(Run(chat(A, B, C), limit=8), Run(chat(A, B), limit=8), None, {"limit": 8}),
    Rule.PROMPT_CUT: Case(
        Run(chat(A, B)[3:]), Run(chat(A, B)), None, {"num_before": 1, "prompt_len": 4, "end_id": END}
    ),
    Rule.BOS_MISSING: Case(
        Run(chat(A), model={"bos_token_id": BOS}, template=BOS_TEMPLATE),
        Run([BOS, *chat(A)], model={"bos_token_id": BOS}, template=BOS_TEMPLATE),
        None,
        {"prompt_len": 6, "start_id": BOS, "first_id": START},
    ),
    Rule.LOOP: Case(
        Run(script=[{D: 9.0}, *[{A: 9.0}, {B: 9.0}] * 4, {C: 9.0}]),
        Run(script=[{D: 9.0}, *[{A: 9.0}, {B: 9.0}] * 3, {C: 9.0}]),
        1,
        {"num_times": 4, "length": 2, "num_tokens": 8, "first_id": A},
    ),
    Rule.SAMPLING_IGNORED: Case(
        Run(settings={"temperature": 0.7, "top_p": 0.9}),
        Run(settings={"temperature": 0.7, "top_p": 0.9, **SAMPLED}),
        None,
        {"num_ignored": 2, "temperature": 0.7, "top_p": 0.9, "num_steps": 1},
    ),
    Rule.TEMPERATURE_LOW: Case(
        Run(script=[{B: 9.0}, {C: 9.0}], settings={**SAMPLED, "temperature": 0.01}),
        Run(script=[{B: 9.0}, {C: 9.0}], settings={**SAMPLED, "temperature": 0.8}),
        None,
        {"temperature": 0.01, "num_best": 2, "num_steps": 2},
    ),
    Rule.PENALTY_ON_PROMPT: Case(
        Run(chat(A), CLOSE, {"repetition_penalty": 1.2}),
        Run(chat(C), CLOSE, {"repetition_penalty": 1.2}),
        0,
        {"num_in_prompt": 1, "penalty": 1.2, "prompt_len": 6, "favorite_id": A, "winner_id": B},
    ),
    Rule.RIVAL_CUT: Case(
        Run(script=CLOSE, settings={"do_sample": True, "top_k": 1}),
        Run(script=({A: 10.0, B: 9.0},), settings={"do_sample": True, "top_k": 1}),
        0,
        {"gap": 0.2, "num_left": 1, "best_id": A, "rival_id": B},
    ),
    Rule.SUPPRESSED: Case(
        Run(script=CLOSE, settings={"suppress_tokens": [A]}),
        Run(script=CLOSE, settings={"suppress_tokens": [C]}),
        0,
        {"best_id": A, "chosen_id": B},
        Severity.NOTE,
    ),
    Rule.FORCED: Case(
        Run(script=[{B: 9.0}, {C: 9.0}], settings={"forced_eos_token_id": END}),
        Run(script=[{B: 9.0}, {END: 9.0}], settings={"forced_eos_token_id": END}),
        1,
        {"forced_id": END, "best_id": C},
        Severity.NOTE,
    ),
    Rule.TIE: Case(
        Run(script=({A: 9.0, B: 9.0},)),
        Run(script=CLOSE),
        0,
        {"num_tied": 2, "score": 9.0, "chosen_id": A, "other_id": B},
        Severity.NOTE,
    ),
    Rule.STOP_LISTED_TWICE: Case(
        Run(settings={"eos_token_id": [END, END]}),
        Run(settings={"eos_token_id": [END, OTHER_END]}),
        None,
        {"num_listed": 2, "stop_id": END},
        Severity.NOTE,
    ),
    Rule.TEMPERATURE_ZERO: Case(
        Run(settings={"temperature": 0.0}),
        Run(settings={"temperature": 1.0}),
        None,
        {"temperature": 0.0, "num_steps": 1},
        Severity.NOTE,
    ),
}
"""Rule → its fault, its clean run, and what is to be found."""
