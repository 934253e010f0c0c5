"""A part of every implementation, made of the same items, and what it must answer."""

from collections.abc import Iterator

import pytest

from index.base_part import BasePart
from index.part import Part
from tests.engines.contract.contents import Content, draw_content
from tests.engines.contract.makers import BASE_MAKERS, MAKERS, MakePart
from tests.engines.contract.oracle import Oracle


@pytest.fixture(scope="session")
def content() -> Content:
    return draw_content()


@pytest.fixture(scope="session")
def oracle(content: Content) -> Oracle:
    return Oracle(content)


@pytest.fixture(scope="session", params=MAKERS)
def make(request: pytest.FixtureRequest) -> MakePart:
    """Makes a part of some content, as one of the implementations does."""
    maker: MakePart = MAKERS[request.param]
    return maker


@pytest.fixture(scope="session")
def part(make: MakePart, content: Content) -> Iterator[Part]:
    """All of the content, which no test changes."""
    with make(content) as part:
        yield part


@pytest.fixture(scope="session", params=BASE_MAKERS)
def base(request: pytest.FixtureRequest, content: Content) -> Iterator[BasePart]:
    """All of the content as a part from which items can be taken away."""
    with BASE_MAKERS[request.param](content) as part:
        yield part
