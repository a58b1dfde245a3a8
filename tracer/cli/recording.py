"""The command `record`: one prompt, one answer, one trace.

The run is an ordinary `generate` call; what is added to it is a streamer that counts tokens.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tracer.cli.command import exit_unless_complete
from tracer.cli.console import ProgressLine, TokenProgress, print_answer, progress_line
from tracer.cli.options import AsJson, GenerationOptions, PromptOptions, RecordingOptions, TargetOptions
from tracer.cli.results import print_result
from tracer.cli.tables import plain_text
from tracer.cli.target import claimed
from tracer.trace.text.glyphs import show_invisible


def record(
    prompt: PromptOptions,
    target: TargetOptions,
    generation: GenerationOptions,
    recording: RecordingOptions,
    json: AsJson = False,
) -> None:
    """Record one answer of a model to a prompt, and show its steps.

    The prompt goes through the model's chat template where it has one.
    """
    import tracer
    from tracer.live.loading.models import require_live_packages

    require_live_packages("tracer record")
    generation.arguments()  # wrong values are refused before a model is loaded
    recording.config()
    with claimed(target), quiet_transformers(), progress_line() as line:
        answer = _record(prompt, target, generation, recording, line=line)
    trace = tracer.open_trace(target.to)
    if trace.status == "faulted" and not json:
        print_answer(plain_text(f"The answer, which the trace may not hold: {answer}"))
    print_result(trace, as_json=json)
    exit_unless_complete(trace.status)


def _record(
    prompt: PromptOptions,
    target: TargetOptions,
    generation: GenerationOptions,
    recording: RecordingOptions,
    *,
    line: ProgressLine,
) -> str:
    """Runs the call and returns its answer, as the tokenizer spells it."""
    import torch

    import tracer
    from tracer.live.loading.models import load_model
    from tracer.live.loading.prompts import check_context, prepare_prompt

    model, tokenizer = load_model(
        prompt.model, dtype=prompt.dtype, device=prompt.device, progress=line.report
    )
    generation.check_sampling(bool(model.generation_config.do_sample))
    prepared = prepare_prompt(model, tokenizer, prompt.prompt, system=prompt.system, raw=prompt.raw)
    check_context(model, prepared, generation.max_new_tokens)
    config = recording.config(overwrite=target.overwrite, messages=prepared.messages)
    if generation.seed is not None:
        torch.manual_seed(generation.seed)
    streamer = TokenProgress(line, generation.max_new_tokens)
    with tracer.record(model, tokenizer, to=target.to, config=config):
        output = model.generate(**prepared.inputs, **generation.arguments(), streamer=streamer)
    prompt_len = prepared.inputs["input_ids"].shape[1]
    answer = str(
        tokenizer.decode(getattr(output, "sequences", output)[0, prompt_len:], skip_special_tokens=True)
    )
    return "".join(sign if sign.isprintable() or sign == "\n" else show_invisible(sign) for sign in answer)


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
