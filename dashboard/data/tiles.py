"""The tiles that browser modules ask for, by name: each a function from a place to bytes.

The only list of them; computes nothing itself.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.data.attention_views import attention_tile
from dashboard.data.place import Place

Tile = Callable[[Place], bytes]

TILES: Mapping[str, Tile] = MappingProxyType({"attention": attention_tile})
