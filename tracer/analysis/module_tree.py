"""The model's modules with their numbers: parameters of their own, of all inside them, and how often they stand there.

From the document `model.json`; modules that are alike stand in one row. A tied tensor counts where it stands first.
Holds no words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.schema import ModelStructure, ModuleInfo, ParameterInfo


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """One module, or `count` alike; `times` is how often it stands in the whole model.

    `own` and `total` are of one of them: parameters it holds itself, and the distinct ones in all of it.
    `counted` is the row's share in the parameters of the model, all `times` together, tied ones left out.
    `parent` is the number of the row above it in the tree, -1 of the model.
    """

    depth: int
    path: str
    names: tuple[str, ...]
    class_name: str
    parameters: tuple[ParameterInfo, ...]
    listened: tuple[str, ...]
    same_as: str | None
    parent: int
    times: int
    own: int
    total: int
    counted: int

    @property
    def count(self) -> int:
        """How many modules the row stands for, within the one above."""
        return len(self.names)


def module_rows(structure: ModelStructure) -> tuple[ModuleRow, ...]:
    """Returns the modules in the model's order, each before those inside it."""
    modules = structure.modules
    parents = _parents(modules)
    times, paths, firsts = _places(modules, parents)
    totals, counted = _sums(modules, parents, times, firsts)
    return tuple(
        ModuleRow(
            depth=module.depth,
            path=paths[number],
            names=tuple(module.names),
            class_name=module.class_name,
            parameters=tuple(module.parameters),
            listened=tuple(module.listened),
            same_as=module.same_as,
            parent=parents[number],
            times=times[number],
            own=sum(one.count for one in module.parameters if not one.is_buffer),
            total=totals[number],
            counted=counted[number],
        )
        for number, module in enumerate(modules)
    )


def _parents(modules: Sequence[ModuleInfo]) -> list[int]:
    above: list[int] = []
    parents = []
    for number, module in enumerate(modules):
        del above[module.depth :]
        parents.append(above[-1] if above else -1)
        above.append(number)
    return parents


def _places(modules: Sequence[ModuleInfo], parents: Sequence[int]) -> tuple[list[int], list[str], list[str]]:
    """Returns how often each row stands in the model, its path with all names, and the path of its first module."""
    times: list[int] = []
    paths: list[str] = []
    firsts: list[str] = []
    for module, parent in zip(modules, parents, strict=True):
        name = module.names[0] if len(module.names) == 1 else f"{module.names[0]}–{module.names[-1]}"
        times.append(len(module.names) * (times[parent] if parent >= 0 else 1))
        paths.append(_joined(paths[parent] if parent >= 0 else "", name))
        firsts.append(_joined(firsts[parent] if parent >= 0 else "", module.names[0]))
    return times, paths, firsts


def _sums(
    modules: Sequence[ModuleInfo], parents: Sequence[int], times: Sequence[int], firsts: Sequence[str]
) -> tuple[list[int], list[int]]:
    """Returns per row the distinct parameters of one such module, and its part in those of the model."""
    totals, counted = [0] * len(modules), [0] * len(modules)
    outside: list[set[str]] = [set() for _ in modules]
    for number, module in enumerate(modules):
        for one in module.parameters:
            row = -1 if one.is_buffer else number
            while row >= 0:
                is_new = one.tied_to is None
                if one.tied_to is not None and not _is_inside(one.tied_to, firsts[row]):
                    is_new = one.tied_to not in outside[row]
                    outside[row].add(one.tied_to)
                totals[row] += one.count * (times[number] // times[row]) if is_new else 0
                counted[row] += one.count * times[number] if one.tied_to is None else 0
                row = parents[row]
    return totals, counted


def _is_inside(path: str, module: str) -> bool:
    return not module or path.startswith(f"{module}.")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
