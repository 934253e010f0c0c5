r"""The syntax of conditions: `field:a,b`, in which `\,` `\:` `\\` are literal characters."""

from dataclasses import dataclass

from contracts.errors import FilterError

RIGHT_FORM = (
    r"write field:value or field:value,value with \, \: \\ for a comma, colon or backslash that belongs to the text, "
    "such as baseColour:Black,Navy Blue; on a field of numbers also year:2010..2012, year:2010.. or year:..2012"
)
_ESCAPABLE = frozenset(",:\\")


@dataclass(frozen=True, slots=True)
class Condition:
    """A field and its accepted values.

    Attributes:
        field: name of an attribute.
        values: one or more, unescaped. The kind of the column defines their meaning; for numbers, `lo..hi` is a range.
    """

    field: str
    values: tuple[str, ...]


def parse_condition(text: str) -> Condition:
    r"""Parse `field:a,b`: split at the first `:`, then at each `,`; `\,` `\:` `\\` are literal characters.

    Raises:
        FilterError: there is no colon, a field or value is empty, or a backslash precedes another character.
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
    r"""Parse `field,field`, in which `\,` `\:` `\\` are literal characters; duplicates are dropped.

    Raises:
        FilterError: a name is empty, or a backslash precedes another character.
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
        raise FilterError(f"{text!r:.200} has an empty name; write field,field such as baseColour,gender")
    return tuple(dict.fromkeys(names))


def escaped(text: str) -> str:
    """Escape a field or value for use in a condition."""
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")
