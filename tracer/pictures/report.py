"""One step as a Markdown report to paste elsewhere: versions, settings and where each came from, stages, why.

The prompt is in it only if asked for; the folder of the trace is not, its name is. Every text of the model stands in
code marks, so that it cannot become markup.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.explanation import Explanation, explain
from tracer.pictures.run_summary import setting_facts
from tracer.wording.composition import Language, chip, compose
from tracer.wording.explanation import clauses
from tracer.wording.markdown import block, code, line
from tracer.wording.table import table

if TYPE_CHECKING:
    from tracer.trace.step import Step
    from tracer.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Report:
    """A report and the title under which it could be filed."""

    title: str
    markdown: str


def report_of(step: "Step", lang: Language = "en", *, has_prompt: bool = False, link: str = "") -> Report:
    """Returns the report of a step; `link` leads back to it, `has_prompt` puts the prompt's text in."""
    trace, explanation = step.call.trace, explain(step)
    title = compose("report.title", lang, step=str(step.index), token=code(explanation.chosen.token))
    parts = [
        f"# {title}",
        "\n".join(f"- {fact}" for fact in _facts(trace, step, lang, link)),
        f"## {compose('report.why', lang)}",
        marked_sentences(explanation, lang),
        f"## {compose('report.stages', lang)}",
        block(table(explanation, lang)),
        f"## {compose('report.settings', lang)}",
        _settings(step, lang),
    ]
    if has_prompt:
        parts += [f"## {compose('report.prompt', lang)}", block(step.sequence.prompt_text)]
    return Report(title, "\n\n".join(parts) + "\n")


def _facts(trace: "Trace", step: "Step", lang: Language, link: str) -> list[str]:
    made, model = trace.manifest.environment, trace.model
    place = compose(
        "report.place",
        lang,
        trace=code(trace.path.name),
        call=str(step.call.index),
        row=str(step.sequence.row),
    )
    versions = (
        f"tracer {made.tracer}, transformers {made.transformers}, torch {made.torch}, Python {made.python}"
    )
    facts = [
        place,
        compose(
            "report.model", lang, model=code(model.name), dtype=str(model.dtype), device=str(model.device)
        ),
        compose("report.versions", lang, versions=versions),
    ]
    return [*facts, compose("report.link", lang, link=f"<{link}>")] if link else facts


def _settings(step: "Step", lang: Language) -> str:
    names = [compose(key, lang) for key in ("report.setting", "report.value", "report.origin")]
    lines = [line(names), line(["---"] * 3)]
    lines += [
        line([code(fact.name), code(fact.value), fact.origin])
        for fact in setting_facts(step.call, lang)
        if not fact.is_default
    ]
    return "\n".join(lines)


def marked_sentences(explanation: Explanation, lang: Language) -> str:
    """Returns why the token was chosen; a token that holds backticks is marked with more of them."""
    text = ("" if lang == "zh" else " ").join(clauses(explanation, lang))
    tokens = {row.token for row in explanation.rows} | {racer.token for racer in explanation.draw.racers}
    chips = "|".join(re.escape(chip(token)) for token in sorted(tokens, key=len, reverse=True))
    return re.sub(chips, lambda found: code(found.group()[1:-1]), text)
