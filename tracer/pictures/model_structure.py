"""The model as a table: modules with shapes and parameter counts, repeated layers folded, and the configuration.

One frozen value with its words, for a table and for `tracer.figures.module_icicle`. From the trace alone.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracer.analysis.module_tree import ModuleRow, module_rows
from tracer.schema import ModelInfo, ModelStructure, ParameterInfo
from tracer.wording import numbers
from tracer.wording.catalogue import CATALOGUE
from tracer.wording.composition import Language, Whole, compose, join, require_language
from tracer.wording.sizes import amount, shape_text

if TYPE_CHECKING:
    from tracer.trace.trace import Trace

_COLUMNS = ("module", "class", "shape", "own", "total", "share", "dtype", "device", "listened")


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """One row of the table, cells as text; `times` modules of the model stand in it, each with `total` parameters.

    `parent` is the number of the row above in the tree, -1 of the model; `counted` is what the row gives to the
    parameters of the whole model, `count` how many alike it stands for within the row above.
    """

    depth: int
    parent: int
    path: str
    label: str
    class_name: str
    shapes: str
    own: str
    total: str
    share: str
    dtype: str
    device: str
    listened: str
    is_listened: bool
    count: int
    times: int
    counted: int


@dataclass(frozen=True, slots=True)
class ConfigurationRow:
    """One entry of the configuration; `meaning` is empty where there are no words for it."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class ModelStructurePicture:
    """`columns` are the headings of the table; `axis` is what `counted` counts, `nothing` for an empty figure."""

    title: str
    sentence: str
    columns: tuple[str, ...]
    rows: tuple[ModuleLine, ...]
    configuration: tuple[ConfigurationRow, ...]
    notes: tuple[str, ...]
    axis: str
    nothing: str


def model_structure(trace: "Trace", lang: Language = "en") -> ModelStructurePicture:
    """Returns the modules and the configuration.

    Raises:
        SignalMissingError: the trace has no tree of modules; `configuration_rows` works all the same.
        ValueError: the language is neither "en" nor "zh".
    """
    return structure_picture(trace.structure, trace.model, lang)


def structure_picture(
    structure: ModelStructure, info: ModelInfo, lang: Language = "en"
) -> ModelStructurePicture:
    """Returns the same of a tree of modules that stands in no trace."""
    require_language(lang)
    rows = module_rows(structure)
    whole = rows[0].counted if rows else 0
    layers = ", ".join(dict.fromkeys(info.layer_types)) or "?"
    return ModelStructurePicture(
        title=compose("model_title", lang, model=Whole(info.name)),
        sentence=compose(
            "model_sentence",
            lang,
            total=numbers.count(whole),
            modules=numbers.count(sum(row.times for row in rows)),
            layers=str(info.num_hidden_layers),
            layer=Whole(layers),
        ),
        columns=tuple(compose(f"model_column_{name}", lang) for name in _COLUMNS),
        rows=tuple(_line(row, whole, lang) for row in rows),
        configuration=configuration_rows(info, lang),
        notes=_notes(rows, lang),
        axis=compose("model_axis", lang),
        nothing=compose("model_nothing", lang),
    )


def configuration_rows(info: ModelInfo, lang: Language = "en") -> tuple[ConfigurationRow, ...]:
    """Returns the configuration of the recorded model: what has words first, then the rest by name."""
    require_language(lang)
    known: dict[str, Any] = {
        "model_type": info.architecture,
        "num_parameters": info.num_parameters,
        "num_hidden_layers": info.num_hidden_layers,
        "hidden_size": info.hidden_size,
        "num_attention_heads": info.num_attention_heads,
        "num_key_value_heads": info.num_key_value_heads,
        "head_dim": info.head_dim,
        "vocab_size": info.vocab_size,
        "dtype": info.dtype,
        "device": info.device,
        "attn_implementation": info.attn_implementation,
        "quantization": info.quantization,
        "adapters": ", ".join(info.adapters) or None,
    }
    others = {name: value for name, value in info.config.items() if name not in known}
    worded = {name: value for name, value in others.items() if f"config_{name}" in CATALOGUE}
    rest = {name: others[name] for name in sorted(others.keys() - worded.keys())}
    listed = {name: value for name, value in (known | worded).items() if value is not None} | rest
    return tuple(
        ConfigurationRow(
            name=name,
            value=numbers.count(value) if type(value) is int and value >= 10_000 else numbers.value(value),
            meaning=compose(f"config_{name}", lang) if f"config_{name}" in CATALOGUE else "",
        )
        for name, value in listed.items()
    )


def _line(row: ModuleRow, whole: int, lang: Language) -> ModuleLine:
    held = [one for one in row.parameters if not one.is_buffer]
    return ModuleLine(
        depth=row.depth,
        parent=row.parent,
        path=row.path,
        label=_label(row, lang),
        class_name=row.class_name,
        shapes=_shapes(row, lang),
        own=amount(row.own, lang) if row.own else "",
        total=amount(row.total, lang) if row.total else "",
        share=numbers.percent(row.counted / whole, lang) if whole and row.counted else "",
        dtype=", ".join(dict.fromkeys(one.dtype for one in held)),
        device=", ".join(dict.fromkeys(one.device for one in held)),
        listened=join([_listened(name, lang) for name in row.listened], lang),
        is_listened=bool(row.listened),
        count=row.count,
        times=row.times,
        counted=row.counted,
    )


def _label(row: ModuleRow, lang: Language) -> str:
    if row.parent < 0:
        return compose("model_whole", lang)
    if row.count == 1:
        return row.names[0]
    name = f"{row.names[0]}–{row.names[-1]}"
    return compose("model_times", lang, name=name, count=numbers.count(row.count))


def _shapes(row: ModuleRow, lang: Language) -> str:
    if row.same_as is not None:
        return compose("model_same_as", lang, path=Whole(row.same_as))
    return "; ".join(_shape(one, lang) for one in row.parameters)


def _shape(one: ParameterInfo, lang: Language) -> str:
    size = compose("model_lazy", lang) if one.shape is None else shape_text(one.shape)
    if one.is_buffer:
        return compose("model_buffer", lang, name=Whole(one.name), shape=size)
    text = f"{one.name} {size}"
    return text if one.tied_to is None else compose("model_tied_mark", lang, text=Whole(text))


def _listened(name: str, lang: Language) -> str:
    key = f"listened.{name}"
    return compose(key, lang) if key in CATALOGUE else name


def _notes(rows: tuple[ModuleRow, ...], lang: Language) -> tuple[str, ...]:
    """What the table cannot say in a cell: tied tensors, offloaded and packed weights; each kind once or twice."""
    held = [(row, one) for row in rows for one in row.parameters if not one.is_buffer]
    tied = [
        compose("model_tied", lang, path=Whole(f"{row.path}.{one.name}"), other=Whole(one.tied_to))
        for row, one in held
        if one.tied_to is not None
    ]
    packed = [one for _, one in held if one.stored_shape is not None]
    notes = tied[:2]
    if any(one.device == "meta" for _, one in held):
        notes.append(compose("model_offloaded", lang))
    if packed:
        notes.append(compose("model_packed", lang, stored=shape_text(packed[0].stored_shape)))
    return tuple(notes)
