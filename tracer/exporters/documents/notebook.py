"""A trace as a notebook: what was asked and answered, the steps that tell most, what-if, attention, logits, exercises.

It runs from top to bottom with the trace beside it, and can be read without: all outputs are in place. The same trace
gives the same bytes. Text of the model stands in outputs only, never in markdown or in code.
"""

from collections.abc import Iterator

from tracer.errors import MissingExtraError
from tracer.exporters.documents.cells import Cell, Runner, name_of_trace
from tracer.exporters.documents.told_steps import ToldStep, told_steps
from tracer.exporters.request import ExportRequest, Files
from tracer.wording.composition import Language, compose
from tracer.wording.markdown import code

_MOST_STEPS = 5


def export_notebook(request: ExportRequest) -> Files:
    """Returns the notebook.

    Raises:
        MissingExtraError: nbformat is not installed.
    """
    try:
        import nbformat
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "A notebook needs nbformat, which is not installed. Type pip install 'generation-tracer[export]'."
        ) from error
    made = nbformat.v4.new_notebook(metadata=_metadata(request.lang))
    made.cells = [_stored(cell, place) for place, cell in enumerate(_cells(request))]
    _count(made.cells)
    nbformat.validate(made)
    return {".ipynb": f"{nbformat.writes(made)}\n".encode("utf-8", "replace")}


def _metadata(lang: Language) -> dict[str, object]:
    return {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "lang": lang,
    }


def _stored(cell: Cell, place: int) -> object:
    from nbformat import v4

    if not cell.is_code:
        return v4.new_markdown_cell(cell.source, id=f"words-{place}")
    outputs = [v4.new_output("stream", name="stdout", text=cell.printed)] if cell.printed else []
    if cell.shown:
        outputs.append(v4.new_output("execute_result", data=dict(cell.shown), metadata={}))
    return v4.new_code_cell(cell.source, id=f"code-{place}", outputs=outputs)


def _count(cells: list[object]) -> None:
    """Numbers the code cells as a run from top to bottom does."""
    number = 0
    for cell in cells:
        if cell["cell_type"] == "code" and cell["source"]:  # type: ignore[index]
            number += 1
            cell["execution_count"] = number  # type: ignore[index]
            for output in cell["outputs"]:  # type: ignore[index]
                if output["output_type"] == "execute_result":
                    output["execution_count"] = number


def _cells(request: ExportRequest) -> Iterator[Cell]:
    lang, sequence, runner = request.lang, request.sequence, Runner(request)
    told = told_steps(request, _MOST_STEPS)
    name = name_of_trace(sequence)
    yield _words("notebook_file.opening", lang, trace=code(name))
    yield _opening(runner, request, name)
    yield _words("notebook_file.reading", lang)
    for number, one in enumerate(told):
        yield from _step(runner, one, lang)
        request.progress(number + 1, len(told) + 1)
    yield from _parts(runner, told[0], lang, is_sampled=sequence.call.info.mode == "sample")
    yield _words("notebook_file.exercises", lang, step=str(told[-1].step.index))
    yield Cell("", is_code=True)
    request.progress(len(told) + 1, len(told) + 1)


def _opening(runner: Runner, request: ExportRequest, name: str) -> Cell:
    sequence, trace = request.sequence, request.sequence.call.trace
    is_only = len(trace.calls) == 1 and len(trace.calls[0].sequences) == 1
    place = "" if is_only else f"call={sequence.call.index}, row={sequence.row}"
    opening = f"trace = tracer.open_trace({name!r})\n"
    source = (
        f"import numpy as np\nimport tracer\n\n{opening}sequence = trace.sequence({place})\n"
        f"{_shows('trace' if is_only else 'sequence', request.lang)}"
    )
    return runner.cell(source, unrun=opening)


def _shows(expression: str, lang: Language) -> str:
    """The line that shows a value in the language of the notebook."""
    return expression if lang == "en" else f'tracer.show({expression}, lang="{lang}")'


def _words(key: str, lang: Language, **values: str) -> Cell:
    return Cell(compose(key, lang, **values))


def _step(runner: Runner, one: ToldStep, lang: Language) -> Iterator[Cell]:
    key = "notebook_file.step_because" if one.reason else "notebook_file.step"
    values = {"reason": one.reason} if one.reason else {}
    yield _words(key, lang, step=str(one.step.index), **values)
    yield runner.cell(f"step = {_expression(one)}\n{_shows('step', lang)}")


def _expression(one: ToldStep) -> str:
    place = next(place for place, step in enumerate(one.step.sequence.steps) if step.index == one.step.index)
    return f"sequence.steps[{place}]"


def _parts(runner: Runner, one: ToldStep, lang: Language, *, is_sampled: bool) -> Iterator[Cell]:
    """What goes on with the first of the steps; a part that the trace cannot give is left out."""
    setting = "temperature=0.3" if is_sampled else "repetition_penalty=1.3"
    step = f"step = {_expression(one)}\n"
    what_if = _shows(f"tracer.what_if(step, {setting})", lang)
    sources = {
        "what_if": f"{step}{what_if}",
        "what_if_text": _shows(f"tracer.what_if(sequence, {setting})", lang),
        "attention": f'{step}tracer.show(step, view="attention", lang="{lang}")',
        "logits": f"{step}{_LOGITS}",
        "text": _TEXT,
    }
    for name, source in sources.items():
        made = runner.attempt(source)
        if made is not None:
            yield _words(f"notebook_file.{name}", lang, step=str(one.step.index))
            yield made


_LOGITS = """logits = step.logits.astype(np.float64)  # (vocab_size,)
probabilities = np.exp(logits - logits.max())
probabilities /= probabilities.sum()
for token_id in np.argsort(-logits, kind="stable")[:5]:
    token = trace.vocabulary.visible(int(token_id))
    print(f"{token_id:>7}  {logits[token_id]:8.3f}  {probabilities[token_id]:8.2%}  {token}")"""

_TEXT = """for token_id in sequence.token_ids[:8]:
    print(f"{token_id:>7}  {trace.vocabulary.visible(token_id)}")
trace.vocabulary.text(sequence.token_ids[:8])"""
