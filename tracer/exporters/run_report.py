"""A run as one Markdown file: facts and settings, prompt and answer, a table of all tokens, and some steps in full.

In full are the chosen steps, else those that stand out most. Text of the model is always code, never markup. The same
trace gives the same bytes. Holds no pictures.
"""

from tracer.analysis.explanation import explain
from tracer.analysis.findings.registry import lint
from tracer.analysis.notable import notable_steps
from tracer.errors import TracerError
from tracer.exporters.request import ExportRequest, Files
from tracer.pictures.notable import notable_picture
from tracer.pictures.report import marked_sentences
from tracer.pictures.run_summary import RunSummary, run_summary
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.wording import numbers
from tracer.wording.composition import Language, compose
from tracer.wording.markdown import block, code, line
from tracer.wording.table import table


def export_report(request: ExportRequest) -> Files:
    """Returns the report."""
    sequence, lang = request.sequence, request.lang
    summary = run_summary(sequence, lang)
    parts = [
        f"# {compose('export.report_title', lang, trace=code(sequence.call.trace.path.name))}",
        _facts(summary, lang),
        f"## {compose('ui.prompt', lang)}",
        block(summary.prompt),
        f"## {compose('ui.answer', lang)}",
        block(summary.answer),
        compose("export.report_end", lang, end=summary.end),
        f"## {compose('report.settings', lang)}",
        _settings(summary, lang),
        f"## {compose('export.report_tokens', lang)}",
        _tokens(request),
        f"## {compose('export.report_steps', lang)}",
    ]
    shown = _shown(request)
    for number, step in enumerate(shown):
        parts += _step(step, lang)
        request.progress(number + 1, len(shown))
    return {".md": ("\n\n".join(parts) + "\n").encode("utf-8", "replace")}


def _facts(summary: RunSummary, lang: Language) -> str:
    facts = [*summary.facts, *summary.missing]
    texts = [compose("export.report_fact", lang, name=fact.name, value=fact.value) for fact in facts]
    return "\n".join(f"- {text}" for text in texts)


def _settings(summary: RunSummary, lang: Language) -> str:
    given = [fact for fact in summary.settings if not fact.is_default]
    if not given:
        return compose("report.no_settings", lang)
    names = [compose(key, lang) for key in ("report.setting", "report.value", "report.origin")]
    rows = [line([code(fact.name), code(fact.value), fact.origin]) for fact in given]
    return "\n".join([line(names), line(["---"] * 3), *rows])


def _tokens(request: ExportRequest) -> str:
    lang, visible = request.lang, request.sequence.call.trace.vocabulary.visible
    names = ("step", "token", "model", "after", "rank", "entropy")
    lines = [
        line(compose(f"export.report_{name}", lang) for name in names),
        line(["---:", "---", *["---:"] * 4]),
    ]
    for step in request.steps:
        cells = [
            str(step.index),
            code(visible(step.token_id)),
            numbers.percent(step.model_probability, lang),
            numbers.percent(step.probability, lang),
            numbers.ordinal(step.rank, lang),
            numbers.decimal(step.entropy),
        ]
        lines.append(line(cells))
    return "\n".join(lines)


def _shown(request: ExportRequest) -> tuple[Step, ...]:
    """The steps that are told in full."""
    if request.chosen is not None:
        return request.steps
    strongest = _strongest(request.sequence, request.lang) or {request.steps[0].index}
    return tuple(step for step in request.steps if step.index in strongest)


def _strongest(sequence: Sequence, lang: Language) -> set[int]:
    found = notable_steps(sequence, lint(sequence.call.trace))
    return {one.step for one in notable_picture(sequence, found, lang).strongest}


def _step(step: Step, lang: Language) -> list[str]:
    try:
        explanation = explain(step)
    except TracerError as error:
        name = code(step.call.trace.vocabulary.visible(step.token_id))
        return [f"### {compose('report.title', lang, step=str(step.index), token=name)}", str(error)]
    title = compose("report.title", lang, step=str(step.index), token=code(explanation.chosen.token))
    return [f"### {title}", marked_sentences(explanation, lang), block(table(explanation, lang))]
