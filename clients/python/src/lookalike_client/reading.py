"""Reads JSON into the classes of results, by their annotations.

Members that a class does not have are passed over, so that a newer service may send more. A member that is missing has
the class's default. Anything else is an `UnexpectedAnswer`, which names the member.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from lookalike_client.errors import UnexpectedAnswer

_Result = TypeVar("_Result")
_Reader = Callable[[object, str], Any]


def read(kind: type[_Result], value: object) -> _Result:
    """Make an object of a class of results.

    Args:
        kind: a dataclass.
        value: parsed JSON.

    Raises:
        UnexpectedAnswer: a member is missing or of another type.
    """
    annotation: Any = kind
    result: _Result = _reader(annotation)(value, "the answer")
    return result


@cache
def _reader(annotation: Any) -> _Reader:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:
        return _optional(arguments)
    if origin is tuple:
        return _many(arguments)
    if origin is not None and issubclass(origin, Mapping):
        return _named(_reader(arguments[1]))
    if is_dataclass(annotation):
        return _object(annotation)
    if annotation is float:
        return _number
    return _plain(annotation)


def _optional(arguments: tuple[Any, ...]) -> _Reader:
    (kind,) = (each for each in arguments if each is not NoneType)
    reader = _reader(kind)
    return lambda value, place: None if value is None else reader(value, place)


def _many(arguments: tuple[Any, ...]) -> _Reader:
    """A tuple of any length, or of a fixed one."""
    reader = _reader(arguments[0])
    length = None if arguments[-1] is ... else len(arguments)

    def of_list(value: object, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or length not in {None, len(value)}:
            raise _wrong(place, "a list" if length is None else f"a list of {length}", value)
        return tuple([reader(each, place) for each in value])

    return of_list


def _named(reader: _Reader) -> _Reader:
    def of_object(value: object, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(place, "an object", value)
        return {name: reader(each, f"{place}: {name}") for name, each in value.items()}

    return of_object


def _object(kind: Any) -> _Reader:
    hints = get_type_hints(kind)
    members = {field.name: _reader(hints[field.name]) for field in fields(kind) if field.init}
    needed = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}

    def of_object(value: object, place: str) -> Any:
        if not isinstance(value, dict):
            raise _wrong(place, "an object", value)
        missing = needed - value.keys()
        if missing:
            raise UnexpectedAnswer(f"{place} has no {sorted(missing)[0]!r}; is this a Lookalike service?")
        return kind(**{name: read(value[name], f"{place}: {name}") for name, read in members.items() if name in value})

    return of_object


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(place, "a number", value)
    return float(value)


def _plain(kind: type) -> _Reader:
    def of_value(value: object, place: str) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _wrong(place, kind.__name__, value)
        return value

    return of_value


def _wrong(place: str, wanted: str, value: object) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"{place} must be {wanted}, not {type(value).__name__}; is this a Lookalike service?")
