"""How a function becomes a command: option groups, `--debug`, and errors as one paragraph with exit code 2.

A parameter whose type is a frozen dataclass of options stands for all of its fields: the command line shows
them one by one, and the function receives the value. Knows no particular command.
"""

import dataclasses
import inspect
import sys
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

WRONG_USE = 2
ANSWER_IS_NO = 1

_Debug = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel="Other")
]
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def add_command(app: typer.Typer, function: Callable[..., None], *, example: str, **options: Any) -> None:
    """Adds a function to the app under its own name; its docstring is the help, `example` stands below it."""
    name = function.__name__.rstrip("_").replace("_", "-")
    app.command(name, epilog=f"Example:  {example}", **options)(_as_command(function))


def exit_unless_complete(status: str) -> None:
    """Raises typer.Exit with code 2 where a trace could not be completed."""
    if status != "complete":
        raise typer.Exit(WRONG_USE)


def _as_command(function: Callable[..., None]) -> Callable[..., None]:
    groups = {
        name: annotation
        for name, annotation in inspect.get_annotations(function, eval_str=True).items()
        if isinstance(annotation, type) and dataclasses.is_dataclass(annotation)
    }

    def run(**values: Any) -> None:
        shows_traceback = values.pop("debug")
        for name, group in groups.items():
            values[name] = group(
                **{field.name: values.pop(field.name) for field in dataclasses.fields(group)}
            )
        try:
            function(**values)
        except (typer.Exit, typer.Abort, _UsageError, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            if shows_traceback:
                raise
            print(describe_error(error), file=sys.stderr)
            raise typer.Exit(WRONG_USE) from error

    parameters = _parameters(function, groups)
    run.__name__, run.__doc__ = function.__name__, function.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameters(function: Callable[..., None], groups: dict[str, type]) -> list[inspect.Parameter]:
    """The parameters that the command line shows: a group's fields in place of the group, `debug` last."""
    shown: list[inspect.Parameter] = []
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if parameter.name in groups:
            shown += _fields(groups[parameter.name])
        else:
            shown.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
    debug = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Debug)
    return [*shown, debug]


def _fields(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(group)
    ]


def describe_error(error: BaseException) -> str:
    """Returns an error as one paragraph: our own errors' message, with the type before anybody else's."""
    from tracer.errors import TracerError

    if isinstance(error, KeyboardInterrupt):
        return "Interrupted. What was recorded until then is kept, and opens as usual."
    text = " ".join(str(error).split())
    if isinstance(error, TracerError | ValueError | TypeError) and text:
        return text
    return f"{type(error).__name__}: {text or 'no message'}. Add --debug to see where it happened."
