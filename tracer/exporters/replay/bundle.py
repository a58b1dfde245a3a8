"""The browser modules as one script: a function for each module, those it imports before it.

Knows exactly the forms of `import` and `export` that `tracer.web` uses, each on lines of its own, and refuses others;
two modules must not import each other. Leaves every other line as it is.
"""

import re
from collections.abc import Mapping

_NAMED = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)
_WHOLE = re.compile(r'^import \* as (\w+) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_ENDS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)


def bundle(sources: Mapping[str, str], entry: str) -> str:
    """Returns one script with `entry` and all that it needs; `sources` are the texts of modules by name.

    Raises:
        ValueError: a module uses another form, is not there, or imports itself by way of others.
    """
    order: list[str] = []
    _visit(sources, entry, (), order)
    return '"use strict";\n' + "\n".join(_wrapped(name, sources[name]) for name in order)


def _visit(sources: Mapping[str, str], name: str, above: tuple[str, ...], order: list[str]) -> None:
    if name in order:
        return
    if name in above:
        raise ValueError(f"{' → '.join((*above, name))}: these modules import each other.")
    if name not in sources:
        raise ValueError(f"{above[-1] if above else 'The page'} imports {name}.js, which is not there.")
    for needed in _imports(sources[name]):
        _visit(sources, needed, (*above, name), order)
    order.append(name)


def _imports(text: str) -> list[str]:
    found = [*_NAMED.finditer(text), *_WHOLE.finditer(text)]
    return [match[2] for match in sorted(found, key=lambda match: match.start())]


def _wrapped(name: str, text: str) -> str:
    names = [match[1] for match in _EXPORT.finditer(text)]
    text = _NAMED.sub(lambda match: f"const {{{match[1].replace(' as ', ': ')}}} = ${match[2]};", text)
    text = _WHOLE.sub(lambda match: f"const {match[1]} = ${match[2]};", text)
    text = _EXPORT.sub("", text)
    left = _OTHER.search(text)
    if left is not None:
        raise ValueError(f"{name}.js has {left[0]!r}: no form of import or export that the page can take.")
    if _ENDS_SCRIPT.search(text):
        raise ValueError(f"{name}.js holds what would end a script in a page. Write it in two parts.")
    return f"// {name}.js\nconst ${name} = (() => {{\n{text}\nreturn {{ {', '.join(names)} }};\n}})();\n"
