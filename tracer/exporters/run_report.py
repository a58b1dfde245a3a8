"""A run as one Markdown file: facts and settings, prompt and answer, a table of all tokens, and some steps in full.

In full are the chosen steps, else those that stand out most. Text of the model is always code, never markup. The same
trace gives the same bytes. The decision pictures of these steps lie in a folder beside it, where Chromium can draw.
"""

from collections.abc import Mapping
from urllib.parse import quote

from tracer.analysis.explanation import explain
from tracer.analysis.findings.registry import lint
from tracer.analysis.notable import notable_steps
from tracer.errors import TracerError
from tracer.exporters.documents.pictures import step_pictures
from tracer.exporters.request import ExportRequest, Files
from tracer.notebook.html import seen
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
    """Returns the report, and the pictures that it shows."""
    pictures = step_pictures(request, steps_in_full(request))
    links = {step: f"{quote(request.name)}_files/step-{step}.png" for step in pictures}
    files = {f"_files/step-{step}.png": picture for step, picture in pictures.items()}
    return {".md": report_text(request, links).encode("utf-8", "replace"), **files}


def report_text(request: ExportRequest, links: Mapping[int, str], *, has_grids: bool = True) -> str:
    """Returns the report as Markdown; `links` leads to the pictures, by step.

    `has_grids`: with the numbers of a picture as a table of text, which needs wide lines.
    """
    sequence, lang = request.sequence, request.lang
    summary = run_summary(sequence, lang)
    parts = [
        f"# {compose('export.report_title', lang, trace=code(sequence.call.trace.path.name))}",
        _facts(summary, lang),
        f"## {compose('ui.prompt', lang)}",
        block(seen(summary.prompt)),
        f"## {compose('ui.answer', lang)}",
        block(seen(summary.answer)),
        compose("export.report_end", lang, end=summary.end),
        f"## {compose('report.settings', lang)}",
        _settings(summary, lang),
        f"## {compose('export.report_tokens', lang)}",
        _tokens(request),
        f"## {compose('export.report_steps', lang)}",
        *([] if links else [compose("report_file.no_pictures", lang)]),
    ]
    for step in steps_in_full(request):
        parts += _step(step, lang, links.get(step.index), has_grid=has_grids)
    return "\n\n".join(parts) + "\n"


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


def steps_in_full(request: ExportRequest) -> tuple[Step, ...]:
    """Returns the steps that are told in full: those that were chosen, else the strongest."""
    if request.chosen is not None:
        return request.steps
    strongest = _strongest(request.sequence, request.lang) or {request.steps[0].index}
    return tuple(step for step in request.steps if step.index in strongest)


def _strongest(sequence: Sequence, lang: Language) -> set[int]:
    found = notable_steps(sequence, lint(sequence.call.trace))
    return {one.step for one in notable_picture(sequence, found, lang).strongest}


def _step(step: Step, lang: Language, link: str | None, *, has_grid: bool) -> list[str]:
    try:
        explanation = explain(step)
    except TracerError as error:
        name = code(step.call.trace.vocabulary.visible(step.token_id))
        return [f"### {compose('report.title', lang, step=str(step.index), token=name)}", str(error)]
    title = compose("report.title", lang, step=str(step.index), token=code(explanation.chosen.token))
    told = [f"### {title}", marked_sentences(explanation, lang)]
    if link is not None:
        told.append(f"![{compose('report_file.picture', lang, step=str(step.index))}]({link})")
    grid, _, lines = table(explanation, lang).rpartition("\n\n")
    return [*told, block(f"{grid}\n\n{lines}" if has_grid else lines.partition("\n")[2])]
