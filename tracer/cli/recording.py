"""The command that records: `record`, one prompt and its answer.

The run is an ordinary `generate` call; what is added to it is a streamer that counts tokens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from tracer.cli import tables
from tracer.cli.command import WRONG_USE
from tracer.cli.console import ProgressLine, TokenProgress, answer_console, print_json, progress_line
from tracer.cli.descriptions import describe_sequence, describe_step
from tracer.cli.options import (
    GenerationOptions,
    ModelOptions,
    PromptOptions,
    RecordingOptions,
    TargetOptions,
)


def record(
    prompt: PromptOptions,
    target: TargetOptions,
    model: ModelOptions,
    generation: GenerationOptions,
    recording: RecordingOptions,
) -> None:
    """Record one answer of a model to a prompt, and show its steps."""
    from tracer.live.models import require_live_packages

    require_live_packages("tracer record")
    generation.arguments()
    recording.config()
    _refuse_taken(target)
    with quiet_transformers(), progress_line() as line:
        _record(prompt, target, model, generation, recording, line=line)
    print_result(target.to, as_json=target.json)


def _record(
    prompt: PromptOptions,
    target: TargetOptions,
    model: ModelOptions,
    generation: GenerationOptions,
    recording: RecordingOptions,
    *,
    line: ProgressLine,
) -> None:
    import torch

    import tracer
    from tracer.live.models import load_model
    from tracer.live.prompts import check_context, prepare_prompt

    loaded, tokenizer = load_model(model.model, dtype=model.dtype, device=model.device, progress=line.report)
    generation.check_sampling(bool(loaded.generation_config.do_sample))
    prepared = prepare_prompt(loaded, tokenizer, prompt.prompt, system=prompt.system, raw=prompt.raw)
    check_context(loaded, prepared, generation.max_new_tokens)
    config = recording.config(overwrite=target.overwrite, messages=prepared.messages)
    if generation.seed is not None:
        torch.manual_seed(generation.seed)
    streamer = TokenProgress(line, generation.max_new_tokens)
    with tracer.record(loaded, tokenizer, to=target.to, config=config):
        loaded.generate(**prepared.inputs, **generation.arguments(), streamer=streamer)


def _refuse_taken(target: TargetOptions) -> None:
    """Refuses a target that is there already before a model is loaded; creates nothing."""
    from tracer.store.target import claim_folder

    if target.to.exists():
        claim_folder(target.to, overwrite=target.overwrite)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keeps transformers from printing warnings inside the block; errors are raised as always."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def print_result(path: Path, *, as_json: bool = False) -> None:
    """Prints what was recorded, its steps, where it lies, and what to type next.

    Raises:
        typer.Exit: with code 2, after printing, where the trace could not be completed.
    """
    import tracer

    trace = tracer.open_trace(path)
    if as_json:
        print_json(_describe_result(trace))
    else:
        _print_steps(trace)
    if trace.status != "complete":
        raise typer.Exit(WRONG_USE)


def _describe_result(trace: Any) -> dict[str, Any]:
    sequences = [
        {
            "call": call.index,
            **describe_sequence(sequence),
            "steps": [describe_step(s) for s in sequence.steps],
        }
        for call in trace.calls
        for sequence in call.sequences
    ]
    return {
        "path": str(trace.path),
        "status": trace.status,
        "nbytes": trace.nbytes,
        "sequences": sequences,
    }


def _print_steps(trace: Any) -> None:
    console = answer_console()
    sequences = [sequence for call in trace.calls for sequence in call.sequences]
    for sequence in sequences:
        console.print(tables.plain_text(sequence.text), soft_wrap=True)
        console.print(tables.steps_table(sequence))
    console.print(tables.plain_text(f"{trace.path}: {trace.status}, {tables.bytes_text(trace.nbytes)}"))
    for fault in trace.manifest.faults:
        console.print(tables.plain_text(f"Recording failed at {fault.where}: {fault.error}"))
    if sequences:
        console.print(tables.next_commands(sequences[0]))
