"""A part of every implementation, made of the same items, and what it must answer."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final, TypeVar

import pytest

from index.base_part import BasePart
from index.part import Part
from tests.engines.contract.contents import Content, draw_content
from tests.engines.contract.makers import BASE_MAKERS, MAKERS, MakeBase, MakePart
from tests.engines.contract.oracle import Oracle
from tests.engines.postgresql_servers import loaded
from tests.engines.qdrant_engines import in_edge, in_local_mode

# The servers that hold a content together.
SERVERS: Final[Mapping[str, tuple[str, ...]]] = {
    "postgresql": ("search_server",),
    "two postgresql": ("search_server", "second_server"),
}


_Maker = TypeVar("_Maker", MakePart, MakeBase)


def made_by(makers: Mapping[str, _Maker], request: pytest.FixtureRequest) -> _Maker:
    servers = SERVERS.get(request.param)
    if servers is None:
        return makers[request.param]
    return partial(loaded, [request.getfixturevalue(name) for name in servers])


QDRANT: Final[Mapping[str, MakeBase]] = {"qdrant": in_edge}
# Passes everything too, but filters point by point in Python: the whole suite would take it half a minute.
LOCAL_MODE: Final[Mapping[str, MakeBase]] = {"qdrant in local mode": in_local_mode}


@pytest.fixture(scope="session")
def content() -> Content:
    return draw_content()


@pytest.fixture(scope="session")
def oracle(content: Content) -> Oracle:
    return Oracle(content)


@pytest.fixture(scope="session", params=MAKERS)
def make_here(request: pytest.FixtureRequest) -> MakePart:
    """Makes a part of some content in this process."""
    return made_by(MAKERS, request)


@pytest.fixture(scope="session", params=[*SERVERS, *QDRANT, *LOCAL_MODE])
def make_there(request: pytest.FixtureRequest) -> MakePart:
    """Makes a part of some content in a search engine."""
    return made_by({**QDRANT, **LOCAL_MODE}, request)


@pytest.fixture(scope="session", params=[*MAKERS, *SERVERS, *QDRANT])
def make(request: pytest.FixtureRequest) -> MakePart:
    """Makes a part of some content, as one of the implementations does."""
    return made_by({**MAKERS, **QDRANT}, request)


@pytest.fixture(scope="session")
def part(make: MakePart, content: Content) -> Iterator[Part]:
    """All of the content, which no test changes."""
    with make(content) as part:
        yield part


@pytest.fixture(scope="session", params=[*BASE_MAKERS, *SERVERS, *QDRANT])
def base(request: pytest.FixtureRequest, content: Content) -> Iterator[BasePart]:
    """All of the content as a part from which items can be taken away."""
    with made_by({**BASE_MAKERS, **QDRANT}, request)(content) as part:
        yield part
