"""Values that begin with a text, in any case."""

import re
import unicodedata

from contracts.text_form import is_unicode
from engines.postgresql.stored_text import to_stored
from engines.postgresql.where import Where

_SPECIAL = re.compile(r"[^0-9A-Za-z\u0080-\U0010ffff]")


def beginning_with(prefix: str) -> Where:
    """The condition that `name` begins with a text; see `index.columns.prefix_search.beginning_with`."""
    letters = unicodedata.normalize("NFC", prefix.lstrip())
    if not letters:
        return Where()
    if not is_unicode(letters):
        return Where().with_clause("false")
    pattern = "".join(_one_of({letter, letter.lower(), letter.upper()}) for letter in letters)
    # The flag c: case is as the pattern says, and no option may stand at its beginning.
    return Where().with_clause("name ~ %s", f"^(?:{pattern})")


def _one_of(cases: set[str]) -> str:
    escaped = sorted(_SPECIAL.sub(lambda found: f"\\{found.group()}", to_stored(case)) for case in cases)
    return escaped[0] if len(escaped) == 1 else f"(?:{'|'.join(escaped)})"
