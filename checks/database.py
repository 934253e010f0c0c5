"""The database of the live catalogue: whether it can be used, and how large it is."""

from contextlib import closing

from catalogue.live_catalogue import LiveCatalogue
from checks.finding import Finding, problem_of
from contracts.errors import DatabaseError, DatabaseUnavailableError
from contracts.settings_names import DATABASE_URL
from contracts.sizes import size_in_words

_SUBJECT = "database"


def check_database(url: str | None) -> Finding:
    """Connect, look at the schema, and count.

    Args:
        url: None: it is not set.
    """
    if url is None:
        return Finding(_SUBJECT, "ok", f"none: {DATABASE_URL} is not set, so items change only with a new index")
    try:
        with closing(LiveCatalogue.open(url, create=False)) as catalogue:
            state = catalogue.state()
            shown = catalogue.shown
    except (DatabaseError, DatabaseUnavailableError) as error:
        return problem_of(_SUBJECT, error)
    says = (
        f"{shown} answers: schema {state.schema}, change {state.sequence:,}, {state.items:,} items, "
        f"{state.deleted:,} deleted ones, {size_in_words(state.size_bytes)}"
    )
    if state.caution is None:
        return Finding(_SUBJECT, "ok", says)
    what, mend = state.caution
    return Finding(_SUBJECT, "note", f"{says}, {what}", mend)
