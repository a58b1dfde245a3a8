"""Which functions of a live model are followed: found from the model itself, whatever its architecture.

Every module's `forward` with the decorators around it, the functions that its modeling file defines or imports from
its own library, the registered attention, mask and experts functions, `generate` with its parts, the cache's
methods. Nothing here knows a model's name. Runs nothing of the model.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from types import CodeType, FunctionType
from typing import Any

import torch
from torch import nn
from transformers import LogitsProcessorList, StoppingCriteriaList, cache_utils
from transformers.utils.generic import GeneralInterface

from tracer.live.source_lines.journal import Owner, Target

LOOPS = ("_sample", "_beam_search")
"""The methods of `generate` that hold a loop over tokens which begins with `_prefill`."""

_ROOT = "generate"
_METHODS = (
    *LOOPS,
    "_prefill",
    "prepare_inputs_for_generation",
    "_prepare_generation_config",
    "_prepare_special_tokens",
    "_prepare_model_inputs",
    "_prepare_attention_mask_for_generation",
    "_prepare_encoder_decoder_kwargs_for_generation",
    "_prepare_decoder_input_ids_for_generation",
    "_prepare_generated_length",
    "_prepare_cache_for_generation",
    "_get_logits_processor",
    "_get_stopping_criteria",
    "_update_model_kwargs_for_generation",
)
_CALL_METHODS = ("_wrapped_call_impl", "_call_impl")
_CACHE_METHODS = ("__init__", "lazy_initialization", "update")
_SHARED_MODULES = ("transformers.masking_utils", "transformers.modeling_utils")
_OWN = __name__.partition(".")[0]


def find_targets(model: nn.Module) -> dict[CodeType, Target]:
    """Returns what is followed, by code: functions, and methods with the modules that they belong to."""
    found = {code: Target() for code in _functions(model)}
    for code, owners in _module_methods(model).items():
        found[code] = Target(owners)
    for code in method_codes(type(model), _ROOT):
        found[code] = Target({id(model): _model_owner(model)}, is_root=True)
    for name in _METHODS:
        for code in method_codes(type(model), name):
            found[code] = Target({id(model): _model_owner(model)})
    return found


def list_targets(members: Iterable[Any]) -> dict[CodeType, Target]:
    """Returns the `__call__` of logits processors or stopping criteria, each of them an owner of its own."""
    found: dict[CodeType, dict[int, Owner]] = {}
    for member in members:
        if _is_foreign(member):
            owner = Owner(None, type(member).__name__, id(member))
            for code in _codes(type(member).__call__):
                found.setdefault(code, {})[id(member)] = owner
    return {code: Target(owners) for code, owners in found.items()}


def foreign_class_names(members: Iterable[Any]) -> tuple[str, ...]:
    """Returns the class names of those that are not this project's own."""
    return tuple(type(member).__name__ for member in members if _is_foreign(member))


def _is_foreign(member: Any) -> bool:
    return type(member).__module__.partition(".")[0] != _OWN


def module_paths(model: nn.Module) -> dict[int, str]:
    """Returns id(module) → path; "" is the model."""
    return {id(module): path for path, module in model.named_modules()}


def _model_owner(model: nn.Module) -> Owner:
    return Owner("", type(model).__name__, id(model))


def _module_methods(model: nn.Module) -> dict[CodeType, dict[int, Owner]]:
    found: dict[CodeType, dict[int, Owner]] = {}
    groups = _groups(model)
    for path, module in model.named_modules():
        owner = Owner(path, type(module).__name__, groups[id(module)])
        methods = [module.forward, type(module).forward]
        if type(module).__call__ is not nn.Module.__call__:
            methods.append(type(module).__call__)
        for method in methods:
            for code in _codes(method):
                found.setdefault(code, {})[id(module)] = owner
    for name in _CALL_METHODS:
        for code in _codes(getattr(nn.Module, name)):
            nested = (
                one for one in code.co_consts if isinstance(one, CodeType) and "self" in one.co_freevars
            )
            for one in (code, *nested):  # hooks run in a function inside
                found[one] = {id(model): _model_owner(model)}
    return found


def _groups(model: nn.Module) -> dict[int, Hashable]:
    """Returns for each module by id what it has in common with those that are alike.

    Members of one list with the same structure are alike, and so are torch's own modules of one class.
    """
    groups: dict[int, Hashable] = {}
    for module in model.modules():
        is_torch = type(module).__module__.partition(".")[0] == torch.__name__
        groups.setdefault(id(module), type(module).__qualname__ if is_torch else id(module))
        if isinstance(module, nn.ModuleList):
            for child in module:
                groups[id(child)] = (id(module), _structure(child))
    return groups


def _structure(module: nn.Module) -> Hashable:
    return tuple((path, type(part).__qualname__) for path, part in module.named_modules())


def _functions(model: nn.Module) -> Iterator[CodeType]:
    modules = [importlib.import_module(name) for name in _SHARED_MODULES]
    names = {type(module).__module__ for module in model.modules()}
    files = [sys.modules[name] for name in sorted(names) if name.partition(".")[0] != torch.__name__]
    for file in files:
        package = file.__name__.partition(".")[0]
        for value in vars(file).values():
            if isinstance(value, FunctionType) and value.__module__.partition(".")[0] == package:
                yield from _codes(value)
    for interface in _interfaces([*modules, *files]):
        for function in interface.values():
            yield from _neighbors(function)
    for one in (LogitsProcessorList, StoppingCriteriaList):
        yield from _codes(one.__call__)
    yield from _cache_codes()


def _interfaces(modules: Iterable[Any]) -> Iterator[Any]:
    found = (value for module in modules for value in vars(module).values())
    yield from {id(value): value for value in found if isinstance(value, GeneralInterface)}.values()


def _neighbors(function: Any) -> Iterator[CodeType]:
    """Returns a registered function and those that its file defines beside it."""
    home = sys.modules.get(getattr(function, "__module__", None) or "")
    yield from _codes(function)
    for value in vars(home).values() if home is not None else ():
        if isinstance(value, FunctionType) and home is not None and value.__module__ == home.__name__:
            yield from _codes(value)


def _cache_codes() -> Iterator[CodeType]:
    bases = (cache_utils.Cache, cache_utils.CacheLayerMixin)
    for value in vars(cache_utils).values():
        if inspect.isclass(value) and issubclass(value, bases):
            for name in _CACHE_METHODS:
                yield from _codes(vars(value).get(name))


def method_codes(cls: type, name: str) -> list[CodeType]:
    """Returns the code of a method in every class that defines it, the class's own first, without its decorators."""
    methods = (vars(base).get(name) for base in cls.__mro__)
    return [code for method in methods if method is not None for code in list(_codes(method))[-1:]]


def function_codes(function: Callable[..., Any]) -> list[CodeType]:
    """Returns the code of a function and of every function that it wraps, outermost first."""
    return list(_codes(function))


def _codes(function: Callable[..., Any] | Any) -> Iterator[CodeType]:
    """Returns the code of a function and of every function that it wraps, outermost first."""
    for _ in range(16):
        inner = getattr(function, "__func__", function)
        code = getattr(inner, "__code__", None)
        if isinstance(code, CodeType):
            yield code
        function = getattr(inner, "__wrapped__", None)
        if function is None:
            return
