"""The page of a replay: one HTML file with its styles, its script and its values, and nothing to fetch.

Its policy forbids every request and every script but the one whose hash it names. The same trace gives the same
bytes. What the values are is decided in `values`; what they look like, by `tracer.web`.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path

from tracer.exporters.replay.bundle import bundle
from tracer.exporters.replay.packs import STEPS_A_PACK, json_in_page
from tracer.exporters.replay.values import Held, held_values
from tracer.exporters.request import ExportRequest, Files
from tracer.exporters.templates import render
from tracer.web import folder
from tracer.wording import numbers
from tracer.wording.catalogue import CATALOGUE
from tracer.wording.composition import Language, compose

_TEMPLATES = Path(__file__).parent / "templates"
_ENTRY = "replay"
_STYLES = (
    "colors",
    "popover",
    "table",
    "tooltip",
    "strip",
    "player",
    "token_strip",
    "text_map",
    "decision",
    "attention",
    "attention_text",
    "head_grid",
    "inputs",
    "replay",
)


def export_replay(request: ExportRequest) -> Files:
    """Returns the page.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    return {".html": _page(request, held_values(request)).encode("utf-8", "replace")}


def _page(request: ExportRequest, held: Held) -> str:
    sequence, lang = request.sequence, request.lang
    trace, script = sequence.call.trace, _script()
    title = compose("export.title", lang, trace=trace.path.stem)
    return render(
        _TEMPLATES / "replay.html",
        page_lang="zh-CN" if lang == "zh" else "en",
        title=title,
        needs_script=compose("export.needs_script", lang),
        prompt=sequence.prompt_text,
        answer=sequence.text,
        version=trace.manifest.environment.tracer,
        styles=[(name, _text(f"{name}.css")) for name in _STYLES],
        about=json_in_page(_about(request, held, title)),
        packs=sorted(held.packs.items()),
        script=script,
        script_hash=_hash(script),
    )


def _about(request: ExportRequest, held: Held, title: str) -> dict[str, object]:
    """What the script must know before it opens a pack."""
    sequence = request.sequence
    trace = sequence.call.trace
    return {
        "title": title,
        "model": trace.model.name,
        "place": {"trace": trace.path.name, "call": sequence.call.index, "row": sequence.row},
        "lang": request.lang,
        "step": held.opened,
        "count": held.count,
        "steps_a_pack": STEPS_A_PACK,
        "limits": _limits(request, held),
        "notice": _notice(request),
        "words": _words(request.lang),
    }


def _limits(request: ExportRequest, held: Held) -> list[str]:
    """What this file does not hold, in sentences."""
    lang, path = request.lang, request.sequence.call.trace.path
    texts = [
        _elsewhere(request) or compose("export.not_in_file", lang, command=f"`tracer dashboard {path.name}`")
    ]
    if request.chosen is not None:
        texts.append(
            compose("export.some_steps", lang, count=numbers.count(len(request.steps)), total=str(held.count))
        )
    if held.left_out:
        texts.append(compose("export.left_out", lang))
    return texts


def _elsewhere(request: ExportRequest) -> str:
    """What was taken out of a packed trace; nothing of a whole one."""
    packed = request.sequence.call.trace.manifest.packed
    if packed is None:
        return ""
    return compose("export.redacted" if packed.is_redacted else "export.light", request.lang)


def _notice(request: ExportRequest) -> str:
    """What must be known to read the page."""
    packed = request.sequence.call.trace.manifest.packed
    return _elsewhere(request) if packed is not None and packed.is_redacted else ""


def _words(lang: Language) -> dict[str, str]:
    return {key: getattr(message, lang) for key, message in CATALOGUE.items() if key.startswith("ui.")}


@cache
def _script() -> str:
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder().glob("*.js"))}
    return f"{bundle(sources, _ENTRY)}\n${_ENTRY}.start();\n"


def _text(name: str) -> str:
    return (folder() / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
