r"""Conditions as people write them: `field:a,b`, in which `\,` `\:` `\\` stand for themselves."""

from dataclasses import dataclass

from contracts.errors import FilterError

RIGHT_FORM = (
    r"write field:value or field:value,value with \, \: \\ for a comma, colon or backslash that belongs to the text, "
    "such as baseColour:Black,Navy Blue; on a field of numbers also year:2010..2012, year:2010.. or year:..2012"
)
_ESCAPABLE = frozenset(",:\\")


@dataclass(frozen=True, slots=True)
class Condition:
    """A field and the values of which an item's may be any.

    Attributes:
        field: name of an attribute.
        values: one or more, as written, unescaped; the kind of the column says what they mean, such as `lo..hi` a
            range of numbers.
    """

    field: str
    values: tuple[str, ...]


def parse_condition(text: str) -> Condition:
    r"""Read `field:a,b`: split at the first `:`, then at each `,`; `\,` `\:` `\\` stand for themselves.

    Raises:
        FilterError: no colon, an empty field or value, or a backslash before anything else.
    """
    parts = [""]
    in_field = True
    characters = iter(text)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if escaped not in _ESCAPABLE or not escaped:
                raise FilterError(rf"filter {text!r:.200} has a backslash before {escaped!r}; {RIGHT_FORM}")
            parts[-1] += escaped
        elif (in_field and character == ":") or (not in_field and character == ","):
            in_field = False
            parts.append("")
        else:
            parts[-1] += character
    if in_field:
        raise FilterError(f"filter {text!r:.200} has no colon; {RIGHT_FORM}")
    if "" in parts:
        what = "field" if not parts[0] else "value"
        raise FilterError(f"filter {text!r:.200} has an empty {what}; {RIGHT_FORM}")
    return Condition(parts[0], tuple(parts[1:]))


def parse_fields(text: str) -> tuple[str, ...]:
    r"""Read `field,field`, in which `\,` `\:` `\\` stand for themselves; each is named once in the result.

    Raises:
        FilterError: a name is empty, or a backslash stands before anything else.
    """
    names = [""]
    characters = iter(text)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if escaped not in _ESCAPABLE or not escaped:
                raise FilterError(
                    f"{text!r:.200} has a backslash before {escaped!r}; it goes before a comma, colon or backslash only"
                )
            names[-1] += escaped
        elif character == ",":
            names.append("")
        else:
            names[-1] += character
    if "" in names:
        raise FilterError(f"{text!r:.200} holds an empty name; write field,field such as baseColour,gender")
    return tuple(dict.fromkeys(names))


def escaped(text: str) -> str:
    """A field or value as it is written in a condition."""
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")
