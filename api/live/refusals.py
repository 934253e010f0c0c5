"""Errors of the database and the picture store, as problems of the HTTP contract."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.http.problems import ServiceProblem, unknown_item
from contracts.errors import (
    AttributesError,
    CatalogueError,
    DatabaseError,
    DatabaseUnavailableError,
    EngineError,
    PreconditionError,
    SearchUnavailableError,
    StoreUnavailableError,
    UnknownItemError,
)


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn what is raised inside into problems.

    Raises:
        ServiceProblem: `catalogue_unavailable`, `index_unavailable`, `precondition_failed`, `unknown_item` or
            `invalid_parameter`.
    """
    try:
        yield
    except (DatabaseUnavailableError, DatabaseError, StoreUnavailableError) as error:
        detail = f"{error}; nothing was changed, items can still be searched"
        # What is wrong for good takes a person longer to mend than a restart of the database takes.
        raise ServiceProblem(
            "catalogue_unavailable", detail, 30 if isinstance(error, DatabaseError) else None
        ) from error
    except (EngineError, SearchUnavailableError) as error:
        raise ServiceProblem(
            "index_unavailable",
            "the change is stored, but the search engine does not answer, so it is not shown yet; it will be once the "
            "engine answers, and to send it again does no harm",
        ) from error
    except PreconditionError as error:
        raise ServiceProblem("precondition_failed", str(error)) from error
    except UnknownItemError as error:
        raise unknown_item(error) from error
    except (AttributesError, CatalogueError) as error:
        raise ServiceProblem("invalid_parameter", str(error)) from error
