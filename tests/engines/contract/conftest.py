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


@pytest.fixture(scope="session")
def content() -> Content:
    return draw_content()


@pytest.fixture(scope="session")
def oracle(content: Content) -> Oracle:
    return Oracle(content)


@pytest.fixture(scope="session", params=[*MAKERS, *SERVERS])
def make(request: pytest.FixtureRequest) -> MakePart:
    """Makes a part of some content, as one of the implementations does."""
    return made_by(MAKERS, request)


@pytest.fixture(scope="session")
def part(make: MakePart, content: Content) -> Iterator[Part]:
    """All of the content, which no test changes."""
    with make(content) as part:
        yield part


@pytest.fixture(scope="session", params=[*BASE_MAKERS, *SERVERS])
def base(request: pytest.FixtureRequest, content: Content) -> Iterator[BasePart]:
    """All of the content as a part from which items can be taken away."""
    with made_by(BASE_MAKERS, request)(content) as part:
        yield part
