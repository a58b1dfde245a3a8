"""Which positions may look at which, in one layer at one step: the mask as attention used it.

One frozen value with its words; of a large mask every cell stands for a square of positions and is visible when one
of them is. A mask that is added to the scores counts as hidden where it is so low that nothing comes through.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.analysis.source_shares import ids_at
from tracer.trace.attention.softmax import Mask
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, compose, require_language
from tracer.wording.sizes import span_text

if TYPE_CHECKING:
    from tracer.trace.step import Step

MOST_CELLS = 512
_MOST_LABELS = 48
_HIDDEN_BELOW = -6e4
"""float16's lowest number is -65,504; a bias by distance (ALiBi) stays far above."""

Visible = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MaskGroup:
    """Layers that used the same mask in the same way."""

    layers: tuple[int, ...]
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class ForwardMask:
    """`visible` is (rows, columns), one cell for `factor` × `factor` positions.

    `queries` and `keys` are the first absolute position of each row and column; their tokens are there where there
    is room for labels, else empty. `groups` are the layers of the model by the mask they used.
    """

    title: str
    sentence: str
    notes: tuple[str, ...]
    layer: int
    factor: int
    visible: Visible
    queries: tuple[int, ...]
    keys: tuple[int, ...]
    query_tokens: tuple[str, ...]
    key_tokens: tuple[str, ...]
    groups: tuple[MaskGroup, ...]
    axis_queries: str
    axis_keys: str
    word_visible: str
    word_hidden: str
    nothing: str


def forward_mask(
    step: "Step", layer: int = 0, lang: Language = "en", *, most_cells: int = MOST_CELLS
) -> ForwardMask:
    """Returns the mask of a layer, one row for each input position of the step, one column for each it could see.

    Raises:
        SignalMissingError: the layer's attention was not recorded.
        ValueError: there is no such layer.
    """
    require_language(lang)
    mask = step.mask(layer)
    visible, num_heads = _visible(mask)
    factor = max(1, -(-max(visible.shape) // most_cells))
    pooled = _pooled(visible, factor)
    query_positions, key_positions = _positions(step, layer, visible.shape)
    queries, keys = query_positions[::factor], key_positions[::factor]
    share, last = _shares(visible)
    return ForwardMask(
        title=compose("mask_title", lang, layer=str(layer), step=str(step.index)),
        sentence=compose(
            "mask_sentence",
            lang,
            share=numbers.percent(share, lang),
            count=numbers.count(last),
            total=numbers.count(visible.shape[1]),
        ),
        notes=_notes(step, layer, factor, num_heads, lang),
        layer=layer,
        factor=factor,
        visible=pooled,
        queries=tuple(queries),
        keys=tuple(keys),
        query_tokens=_tokens(step, queries, factor),
        key_tokens=_tokens(step, keys, factor),
        groups=mask_groups(step, lang),
        axis_queries=compose("mask_axis_queries", lang),
        axis_keys=compose("mask_axis_keys", lang),
        word_visible=compose("mask_visible", lang),
        word_hidden=compose("mask_hidden", lang),
        nothing=compose("mask_nothing", lang),
    )


def mask_groups(step: "Step", lang: Language = "en") -> tuple[MaskGroup, ...]:
    """Returns the layers whose attention was heard, by the mask they used; one of each group says it all."""
    attention = step.call.info.attention
    constants = {one.layer: one for one in attention.layers} if attention else {}
    groups: dict[tuple[object, ...], list[int]] = {}
    for view in step.forward.views:
        own = constants.get(view.layer)
        window = (own.is_causal, own.sliding_window) if own is not None and view.mask < 0 else None
        groups.setdefault((view.mask, view.kv_len, view.kv_offset, window), []).append(view.layer)
    return tuple(
        MaskGroup(tuple(layers), compose("mask_group", lang, layers=Whole(span_text(layers))))
        for layers in groups.values()
    )


def _visible(mask: Mask) -> tuple[Visible, int]:
    """Returns (queries, keys), and over how many heads it was taken; 0 where they do not differ."""
    seen: Visible = np.asarray(mask if mask.dtype == np.bool_ else mask > _HIDDEN_BELOW, np.bool_)
    if seen.ndim == 3:
        return np.logical_or.reduce(seen, axis=0), seen.shape[0]
    return seen, 0


def _pooled(visible: Visible, factor: int) -> Visible:
    if factor == 1:
        return np.array(visible)
    for axis in (0, 1):
        starts = np.arange(0, visible.shape[axis], factor)
        visible = np.logical_or.reduceat(visible, starts, axis=axis)
    return visible


def _positions(step: "Step", layer: int, shape: tuple[int, ...]) -> tuple[list[int], list[int]]:
    views = [view for forward in step.forwards if (view := forward.view(layer)) is not None]
    low = min((view.kv_offset for view in views), default=0)
    end = step.forward.position_end
    return list(range(end - shape[0], end)), list(range(low, low + shape[1]))


def _shares(visible: Visible) -> tuple[float, int]:
    if not visible.size:
        return 0.0, 0
    return float(np.count_nonzero(visible)) / visible.size, int(np.count_nonzero(visible[-1]))


def _tokens(step: "Step", positions: list[int], factor: int) -> tuple[str, ...]:
    if factor > 1 or len(positions) > _MOST_LABELS:
        return ()
    visible = step.call.trace.vocabulary.visible
    return tuple("?" if one is None else visible(one) for one in ids_at(step, tuple(positions)))


def _notes(step: "Step", layer: int, factor: int, num_heads: int, lang: Language) -> tuple[str, ...]:
    attention = step.call.info.attention
    own = next((one for one in attention.layers if one.layer == layer), None) if attention else None
    view = step.forward.view(layer)
    is_given = view is not None and view.mask >= 0
    is_causal = own is None or own.is_causal
    notes = [compose("mask_given" if is_given or not is_causal else "mask_causal", lang)]
    if own is not None and own.sliding_window is not None:
        notes.append(compose("mask_window", lang, window=numbers.count(own.sliding_window)))
    if num_heads:
        notes.append(compose("mask_heads", lang, heads=str(num_heads)))
    pooled = compose("mask_pooled", lang, factor=str(factor)) if factor > 1 else ""
    return (*notes, pooled or compose("mask_exact", lang))
