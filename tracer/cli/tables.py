"""The tables about a trace: what it holds, its calls, sequences and steps.

Computes nothing beyond layout and wording. Tokens come from models: they are always plain text, never markup.
"""

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from tracer.analysis.removal import Removal, removals_of
from tracer.analysis.settings import setting_of
from tracer.analysis.telling_step import Finding, most_telling_step
from tracer.cli.program import program_name
from tracer.config import RecordingConfig, format_bytes
from tracer.wording import numbers
from tracer.wording.explanation import setting_name, setting_text

if TYPE_CHECKING:
    from tracer.schema import Branch
    from tracer.trace.call import Call
    from tracer.trace.sequence import Sequence as TokenSequence
    from tracer.trace.step import Step
    from tracer.trace.trace import Trace

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def new_table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Returns an empty table with these columns, those in `right` for numbers. Nothing is cut: text folds."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def plain_text(text: str) -> Text:
    """Returns a model's running text with control characters named, so that it cannot steer a terminal."""
    return Text(_UNPRINTABLE.sub(lambda match: f"⟨U+{ord(match.group()):04X}⟩", text))


def steps_table(sequence: "TokenSequence") -> Table:
    """Returns the steps of a sequence, one a row.

    "model" is the token's probability under the raw logits, "drawn with" under the final scores, from which
    it was taken; entropy is that of the final scores, in nats. The last column says who removed what.
    """
    right = ("step", "model", "drawn with", "rank", "entropy")
    columns = ("step", "token", "model", "drawn with", "rank", "entropy", "cut off → tokens left")
    table = new_table(*columns, right=right)
    vocabulary = sequence.call.trace.vocabulary
    for step in sequence.steps:
        table.add_row(
            str(step.index),
            Text(vocabulary.visible(step.token_id), style="bold"),
            numbers.percent(step.model_probability, "en"),
            numbers.percent(step.probability, "en"),
            _ranks(step),
            f"{step.entropy:.2f}",
            ", ".join(map(_removal, removals_of(step))),
        )
    return table


def _ranks(step: "Step") -> str:
    before, after = numbers.ordinal(step.model_rank, "en"), numbers.ordinal(step.rank, "en")
    return after if before == after else f"{before} → {after}"


def _removal(removal: Removal) -> str:
    mass = "<0.1 %" if removal.removed_mass < 0.001 else numbers.percent(removal.removed_mass, "en")
    return f"{setting_name(removal.setting, 'en')} −{mass} → {numbers.count(removal.num_left)}"


def settings_line(call: "Call") -> str:
    """Returns the settings that change the scores, in the order in which they act: "sample: top-k 50, …"."""
    settings = [setting_of(processor.class_name, processor.parameters) for processor in call.processors]
    named = ", ".join(setting_text(setting, "en") for setting in settings)
    return f"{call.info.mode}: {named}" if named else f"{call.info.mode}: nothing changes the model's scores"


def _facts_table(title: str | None = None) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, title=title, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def trace_table(trace: "Trace") -> Table:
    """Returns what the manifest says, one fact a row."""
    manifest, model, made = trace.manifest, trace.model, trace.manifest.environment
    table = _facts_table()
    facts = [
        ("trace", f"{trace.path}, {trace.status}, {format_bytes(trace.nbytes)}"),
        ("recorded", f"{manifest.created_at}, {_kept(manifest.config)}"),
        ("model", f"{model.name} ({model.class_name}), {numbers.count(model.num_parameters)} parameters"),
        ("", f"{model.dtype} on {model.device}, attention {model.attn_implementation or 'unknown'}"),
        ("versions", f"tracer {made.tracer}, torch {made.torch}, transformers {made.transformers}"),
    ]
    if manifest.branch is not None:
        facts.append(("branch of", _origin(manifest.branch)))
    facts += [("adapter", name) for name in model.adapters]
    facts += [("fault", f"{fault.where}: {fault.error}") for fault in manifest.faults]
    facts += [("not recorded", f"{missing.signal}: {missing.reason}") for missing in manifest.missing]
    facts += [("unrecorded call", reason) for reason in manifest.unrecorded_calls]
    for name, fact in facts:
        table.add_row(name, plain_text(fact))
    return table


_PASSING = ("preset", "messages", "overwrite", "unsupported")  # say nothing of what is kept


def _kept(config: dict[str, Any]) -> str:
    """The preset, and every other setting of the recording that is not the preset's."""
    preset = config.get("preset", "unknown")
    try:
        usual = RecordingConfig(preset=preset).resolved().describe()
    except ValueError:  # of another version
        return f"preset {preset}"
    other = {name: value for name, value in config.items() if name not in _PASSING and name in usual}
    listed = [f"{name}={value}" for name, value in other.items() if value != usual[name]]
    return ", ".join([f"preset {preset}", *listed])


def _origin(branch: "Branch") -> str:
    place = f"{branch.trace}, call {branch.call}, row {branch.row}, from step {branch.step} on"
    changes = {"token": branch.token_id, "seed": branch.seed, **branch.settings}
    listed = [
        f"{name}={value!r}" for name, value in changes.items() if name in branch.settings or value is not None
    ]
    return f"{place}: {', '.join(listed) or 'nothing changed'}"


def call_table(call: "Call") -> Table:
    """Returns one call's settings and where they came from, its processors and criteria."""
    info = call.info
    table = _facts_table(f"call {call.index}")
    given = [
        f"{name}={parameter.value!r} ({parameter.origin})"
        for name, parameter in info.generation_config.items()
        if parameter.origin != "default" and parameter.value is not None
    ]
    facts = [
        ("mode", f"{info.mode}, {info.num_rows} row(s), prompt of {info.prompt_len} tokens, {call.status}"),
        ("settings", ", ".join(given) or "none given"),
        ("stages", " → ".join(call.stage_names)),
        ("stops by", ", ".join(criterion.class_name for criterion in call.criteria) or "nothing"),
        ("cache", info.cache_class or "none"),
    ]
    facts += [("not recorded", f"{missing.signal}: {missing.reason}") for missing in info.missing]
    facts += [("note", note) for note in info.notes]
    for name, fact in facts:
        table.add_row(name, plain_text(fact))
    return table


def sequences_table(call: "Call") -> Table:
    """Returns the sequences of a call, one a row, with the text that was generated."""
    table = new_table("row", "prompt tokens", "steps", "text", right=("row", "prompt tokens", "steps"))
    for sequence in call.sequences:
        counts = (len(sequence.prompt_ids), len(sequence.steps))
        table.add_row(str(sequence.row), *map(numbers.count, counts), plain_text(sequence.text))
    return table


_FINDINGS = {
    Finding.STOP_OVERRULED: "the model wanted to stop here",
    Finding.WINNER_CHANGED: "the settings changed the winner here",
    Finding.WINNER_LOST: "the draw went against the favorite here",
    Finding.LEAST_SURE: "the model was least sure here",
}


def next_commands(sequence: "TokenSequence") -> Table:
    """Returns what to type next about a sequence: the step worth explaining first, with the reason."""
    tracer, path, call = program_name(), shlex.quote(str(sequence.call.trace.path)), sequence.call
    is_only = len(call.trace.calls) == 1 and len(call.sequences) == 1
    which = "" if is_only else f" --call {call.index} --row {sequence.row}"
    telling = most_telling_step(sequence)
    table = Table(box=None, show_header=False, pad_edge=False, title="Type next:", title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(style="dim")
    if telling is not None:
        table.add_row(Text(f"  {tracer} why {path} --step {telling.step}{which}"), _FINDINGS[telling.finding])
    table.add_row(Text(f"  {tracer} show {path}"), "what the trace holds")
    table.add_row(Text(f"  {tracer} verify {path}"), "check the trace against itself")
    return table
