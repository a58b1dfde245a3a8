"""The option groups that several commands share, as frozen values: model, generation, recording, step.

Each field is one option; the field's metadata is its help. Values are checked where they are used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tracer.config import RecordingConfig

_MODEL = "Model and prompt"
_GENERATION = "Generation (as in transformers; what is not given is the model's own)"
_RECORDING = "What is recorded"
_WHICH = "Which sequence, where there are several"

TracePath = Annotated[Path, typer.Argument(help="The folder of the trace.", metavar="TRACE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.", rich_help_panel="Other")]
Lang = Annotated[str, typer.Option("--lang", help="Language of the words: en or zh.")]


def _option(*names: str, help: str, panel: str, **more: Any) -> Any:
    return typer.Option(
        *names, help=help, rich_help_panel=panel, show_default=more.pop("shown", False), **more
    )


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """Where the trace goes."""

    to: Annotated[Path, typer.Option("--to", help="The folder for the new trace, such as runs/x.trace.")]
    overwrite: Annotated[bool, _option("--overwrite", help="Replace a trace.", panel=_RECORDING)] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """Which model, where and how precise."""

    model: Annotated[
        str, _option("--model", help="demo, a local folder, or a hub id.", panel=_MODEL, shown=True)
    ] = "demo"
    dtype: Annotated[
        str | None, _option("--dtype", help="float32, bfloat16, float16 or auto.", panel=_MODEL)
    ] = None
    device: Annotated[
        str | None, _option("--device", help="Such as cpu or cuda:1; else CUDA, else the CPU.", panel=_MODEL)
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptOptions(ModelOptions):
    """What is asked of which model."""

    prompt: Annotated[str, typer.Option("--prompt", help="What the model is asked.")]
    system: Annotated[str | None, _option("--system", help="The system text.", panel=_MODEL)] = None
    raw: Annotated[
        bool, _option("--raw", help="Send the prompt as it is, without chat template.", panel=_MODEL)
    ] = False


@dataclass(frozen=True, slots=True)
class CallOptions:
    """The size of a call that is to be planned."""

    prompt_len: Annotated[int, typer.Option("--prompt-len", min=1, help="Tokens of the prompt.")]
    rows: Annotated[int, typer.Option("--rows", min=1, help="Prompts in the batch.")] = 1
    prefix_len: Annotated[int, typer.Option("--prefix-len", min=0, help="Of them, already in the cache.")] = 0


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """The settings of `generate` that change the scores and the choice. None means: not given."""

    do_sample: Annotated[
        bool | None, _option("--do-sample/--no-do-sample", help="Draw, or take the best.", panel=_GENERATION)
    ] = None
    temperature: Annotated[float | None, _option("--temperature", help="Above 0.", panel=_GENERATION)] = None
    top_k: Annotated[int | None, _option("--top-k", help="Keep the k best.", panel=_GENERATION)] = None
    top_p: Annotated[
        float | None, _option("--top-p", help="Keep the best that hold this mass.", panel=_GENERATION)
    ] = None
    min_p: Annotated[
        float | None, _option("--min-p", help="Keep p ≥ this × the best's.", panel=_GENERATION)
    ] = None
    repetition_penalty: Annotated[
        float | None,
        _option("--repetition-penalty", help="Above 1: what occurred gets less.", panel=_GENERATION),
    ] = None
    seed: Annotated[int | None, _option("--seed", help="Makes the draws repeatable.", panel=_GENERATION)] = (
        None
    )
    settings: Annotated[
        list[str] | None,
        _option("--set", help="Any other setting, as NAME=VALUE; repeatable.", panel=_GENERATION),
    ] = None

    def arguments(self) -> dict[str, Any]:
        """Returns the keyword arguments for `generate` that were given; the seed is none of them."""
        named = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in {"seed", "settings"} and getattr(self, name) is not None
        }
        return named | dict(map(_parse_setting, self.settings or ()))


@dataclass(frozen=True, slots=True)
class GenerationOptions(SamplingOptions):
    """The settings of a new `generate` call."""

    max_new_tokens: Annotated[
        int, _option("--max-new-tokens", min=1, help="At most so many tokens.", panel=_GENERATION, shown=True)
    ] = 64
    num_return_sequences: Annotated[
        int | None, _option("--num-return-sequences", help="Answers per prompt.", panel=_GENERATION)
    ] = None

    def check_sampling(self, is_sampling_by_default: bool) -> None:
        """Raises ValueError where a setting that only sampling reads was given without sampling."""
        arguments = self.arguments()
        if arguments.get("do_sample", is_sampling_by_default):
            return
        idle = [name for name in ("temperature", "top_k", "top_p", "min_p") if name in arguments]
        if idle:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in idle)
            raise ValueError(
                f"{options} has no effect on greedy decoding, and sampling is off. "
                f"Add --do-sample, or leave {options} out."
            )


@dataclass(frozen=True, slots=True)
class BranchOptions(SamplingOptions):
    """What changes at the step of a branch. None means: as recorded."""

    token: Annotated[
        str | None,
        _option("--token", help="In place of the recorded one: its text, or #ID.", panel=_GENERATION),
    ] = None
    max_new_tokens: Annotated[
        int | None,
        _option("--max-new-tokens", min=1, help="At most, counted from the prompt.", panel=_GENERATION),
    ] = None

    def changes(self) -> dict[str, Any]:
        """Returns the keyword arguments of `tracer.branch` that were given."""
        given = {name: value for name, value in self.arguments().items() if name != "token"}
        return given | {name: getattr(self, name) for name in ("token", "seed")}


def _parse_setting(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise ValueError(f"--set {text!r} is not NAME=VALUE. Type for example: --set min_new_tokens=5")
    try:
        return name.strip(), json.loads(value)
    except json.JSONDecodeError:
        return name.strip(), value


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """The fields of `RecordingConfig` that make sense on a command line."""

    preset: Annotated[
        str, _option("--preset", help="light, standard or full.", panel=_RECORDING, shown=True)
    ] = "standard"
    logits: Annotated[str | None, _option("--logits", help="none, last", panel=_RECORDING)] = None
    scores: Annotated[str | None, _option("--scores", help="none, last, all", panel=_RECORDING)] = None
    accounting: Annotated[str | None, _option("--accounting", help="none, last", panel=_RECORDING)] = None
    hidden_states: Annotated[
        str | None, _option("--hidden-states", help="none, last, all", panel=_RECORDING)
    ] = None
    additions: Annotated[str | None, _option("--additions", help="none, last, all", panel=_RECORDING)] = None
    queries: Annotated[str | None, _option("--queries", help="none, last, auto, all", panel=_RECORDING)] = (
        None
    )
    keys_values: Annotated[str | None, _option("--keys-values", help="none, all", panel=_RECORDING)] = None
    layers: Annotated[str | None, _option("--layers", help="Only these layers: 0-3,29", panel=_RECORDING)] = (
        None
    )
    steps: Annotated[
        str | None, _option("--steps", help="Arrays of only these steps: 0-9", panel=_RECORDING)
    ] = None
    candidates: Annotated[
        int | None, _option("--candidates", min=1, help="Tokens kept per step.", panel=_RECORDING)
    ] = None
    budget: Annotated[
        str | None, _option("--budget", help="Never more than this, such as 200MB.", panel=_RECORDING)
    ] = None

    def config(self, **more: Any) -> RecordingConfig:
        """Returns the `RecordingConfig` of these options; `more` are its fields that no option sets."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        given |= {name: parse_numbers(given[name], f"--{name}") for name in ("layers", "steps")}
        return RecordingConfig(**_without_none(given), **more)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def parse_numbers(text: str | None, option: str) -> range | tuple[int, ...] | None:
    """Returns "0-3" as a range, "0-3,29" as a tuple of ints, None as None."""
    if text is None:
        return None
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        last = last if dash else first
        if not first.isdecimal() or not last.isdecimal() or int(last) < int(first):
            raise ValueError(f"{option} {text!r} is not a list of numbers. Type for example: {option} 0-3,29")
        numbers += range(int(first), int(last) + 1)
    ordered = sorted(set(numbers))
    is_consecutive = ordered[-1] - ordered[0] + 1 == len(ordered)
    return range(ordered[0], ordered[-1] + 1) if is_consecutive else tuple(ordered)


@dataclass(frozen=True, slots=True)
class SequenceOptions:
    """Which call and row of a trace; None: the only one."""

    call: Annotated[int | None, _option("--call", help="The call, from 0.", panel=_WHICH)] = None
    row: Annotated[int | None, _option("--row", help="The row of its batch, from 0.", panel=_WHICH)] = None
