"""Query strings of searches and lists, with their filters, on a small index."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson

from api.http.names import UnknownName
from api.http.problems import ServiceProblem
from api.http.query_string import QueryReader
from api.items.queries import listing_query, search_query
from api.routes import query_parameters
from api.routes.searching import SEARCH_PARAMETERS
from contracts.errors import FilterError
from index.bundle import open_current
from index.exact.compiling_ahead import compile_searches
from index.part_searcher import PartSearcher
from tools.fuzz.small_index import small_index
from tools.fuzz.target import Check, Target

_SEARCH = QueryReader((*SEARCH_PARAMETERS, query_parameters.EXCLUDE_SELF))
_LIST = QueryReader(
    (
        query_parameters.limit(),
        query_parameters.offset(10**12, ""),
        query_parameters.FILTER,
        query_parameters.EXCLUDE,
        query_parameters.SAMPLE,
        query_parameters.SEED,
        query_parameters.FIELDS,
    )
)


@contextmanager
def _opened() -> Iterator[Check]:
    # Loading the compiled searches takes a second, which is not the first query's fault.
    compile_searches()
    with small_index() as bundles:
        searcher = PartSearcher.of(open_current(bundles))

        def check(data: bytes) -> None:
            for reader in (_SEARCH, _LIST):
                try:
                    values = reader.read(data)
                    if reader is _SEARCH:
                        query = search_query(values)
                        searcher.check(query)
                        page = searcher.find_like(query, "shirts/1.jpg")
                        orjson.dumps([page.facets, page.total, [item.id for item in page.items]])
                    else:
                        searcher.listing(listing_query(values))
                except (ServiceProblem, UnknownName, FilterError) as problem:
                    # What the client is told is JSON.
                    orjson.dumps(str(problem))

        yield check


def _seeds() -> Sequence[bytes]:
    return [
        b"limit=5&offset=3&filter=colour:Black,Navy%20Blue&exclude=size:M&min_score=0.25",
        b"filter=price:1..9.5,..3,12..&filter=colour:Red%5C,%20dark&group_by=size&facets=colour,price",
        b"filter=colour:a%5C:b&exclude_self=false&facets=colour&min_score=auto",
        b"sample=random&seed=7&limit=100&offset=10&filter=price:5",
        b"sample=random&exclude=colour:%C3%A9&fields=colour,price",
        b"limit=9&fields=none",
        b"filter=price:" + b"9..," * 99 + b"9..",
        b"&".join([b"filter=price:1.."] * 50),
        b"",
    ]


QUERIES = Target("queries", _opened, _seeds, limit_s=0.5)
