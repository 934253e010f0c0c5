"""The setting that limits requests: `120/minute`, or several limits such as `10/second;1000/hour`."""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from limits import RateLimitItem

# Longer times than a day would fill Redis: a count is held for twice the time.
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,6}/(second|minute|hour|day)")


def check_rate_limit(text: str | None) -> str | None:
    """The setting, if it can be used; None for an empty one.

    Raises:
        ValueError: it cannot.
    """
    if not text:
        return None
    read_rate_limit(text)
    return text


def read_rate_limit(text: str) -> tuple["RateLimitItem", ...]:
    """The limits, that of the shortest time first.

    Raises:
        ValueError: it cannot be used as a limit.
    """
    # Only a service with a limit pays for this import.
    from limits import parse

    texts = [part.strip() for part in text.split(";")]
    for each in texts:
        # The library takes more forms, and some that nobody means, such as `5/0 minute`.
        if not _LIMIT.fullmatch(each):
            raise ValueError(
                f"{each!r:.100} is not a limit; write requests (1 to 9,999,999) and second, minute, hour or day, such "
                "as 120/minute, or several such as 10/second;1000/hour"
            )
    found = [parse(each) for each in texts]
    if len({limit.get_expiry() for limit in found}) < len(found):
        raise ValueError("two limits are for the same time; keep the smaller one")
    return tuple(sorted(found, key=lambda limit: limit.get_expiry()))
