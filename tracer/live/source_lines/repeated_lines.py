"""`repeat_lines`: the executed source lines of a call that a trace holds, recorded by running it again.

The recorded prompt, settings and random state go in; lines of a run that gives other tokens are refused. The global
random state and the number of threads are put back.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from tracer.analysis.executed_lines import LineRecord
from tracer.analysis.kept_lines import Origin, differing_token, keep_lines
from tracer.errors import ModelError, SignalMissingError
from tracer.live.branching_off.forcing import Forcing, forced
from tracer.live.replaying.recorded_call import (
    generate_arguments,
    other_chain,
    random_state_of,
    recorded_inputs,
    repeated_settings,
    require_same_model,
    threads_of,
    why_not_drawn_again,
    why_not_repeatable,
)
from tracer.live.source_lines.line_recording import DEFAULT_STEPS, LineRecording, recording_lines
from tracer.recording.model.target_model import inner_model
from tracer.trace.call import Call
from tracer.trace.trace import Trace


def repeat_lines(
    trace: Trace, model: Any, call: int = 0, *, tokenizer: Any = None, steps: Sequence[int] = DEFAULT_STEPS
) -> LineRecord:
    """Returns the source lines that a recorded call runs, and keeps them in the trace's `derived/` folder.

    Args:
        model: the live model that was recorded.
        tokenizer: needed where the call stopped at strings.

    Raises:
        ModelError: the model is not the recorded one, was loaded otherwise, or gives other tokens.
        SignalMissingError: the trace does not hold what the call began with.
        ValueError: the trace has no such call, or `steps` names none.
    """
    recorded = trace.call(call)
    require_same_model(trace, model)
    reason = why_not_repeatable(recorded) or why_not_drawn_again(recorded)
    if reason is not None:
        raise SignalMissingError(
            f"Call {call} of {str(trace.path)!r} cannot be run again: {reason}. Record the source lines "
            "together with the call: with recording_lines(model): model.generate(...)."
        )
    lines = _repeat(recorded, inner_model(model), tokenizer, steps)
    record = lines.record()
    difference = other_chain(recorded, lines.processors, recorded.criterion_names)
    difference = difference or differing_token(recorded, record)
    if difference is not None:
        raise ModelError(
            f"Call {call} of {str(trace.path)!r}, run again, is not the recorded one: {difference}. Its source "
            "lines would be those of another run. Load the recorded model with the recorded versions of torch "
            "and transformers."
        )
    keep_lines(recorded, record, origin=Origin.REPEATED)
    return record


def _repeat(call: Call, model: Any, tokenizer: Any, steps: Sequence[int]) -> LineRecording:
    arguments = generate_arguments(repeated_settings(call), model.generation_config, tokenizer)
    inputs = recorded_inputs(call, model)
    with ExitStack() as stack:
        stack.enter_context(threads_of(call))
        stack.enter_context(random_state_of(call, model))
        if any(call.info.forced_steps):
            stack.enter_context(forced(model, Forcing.repeating(call)))
        lines = stack.enter_context(recording_lines(model, steps=steps))
        model.generate(**inputs, **arguments)
    return lines
