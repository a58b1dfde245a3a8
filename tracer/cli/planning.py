"""The command `plan`: how many bytes a recording will take, part by part, before anything runs."""

from tracer.cli.answer_tables import plan_table
from tracer.cli.console import print_answer, print_json
from tracer.cli.options import AsJson, CallOptions, GenerationOptions, ModelOptions, RecordingOptions
from tracer.cli.tables import plain_text


def plan(
    call: CallOptions,
    model: ModelOptions,
    generation: GenerationOptions,
    recording: RecordingOptions,
    json: AsJson = False,
) -> None:
    """Say how many bytes recording a call will take, at least and at most, part by part.

    The weights are not loaded. With --budget, what would be left out to keep it is named.
    """
    import tracer
    from tracer.live.loading.configurations import load_configuration

    config = recording.config()
    planned = tracer.plan(
        load_configuration(model.model, dtype=model.dtype),
        prompt_len=call.prompt_len,
        rows=call.rows,
        prefix_len=call.prefix_len,
        config=config,
        **generation.arguments(),
    )
    left_out = {missing.signal: missing.reason for missing in planned.left_out}
    if json:
        print_json({**planned.describe(), "left_out": left_out})
        return
    reasons = [plain_text(f"{signal}: {reason}") for signal, reason in left_out.items()]
    print_answer(plan_table(planned), *reasons)
