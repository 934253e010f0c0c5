"""The names that requests may use, and where a name belongs that was sent in the wrong place."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, Literal

from api.http.problems import ServiceProblem
from api.http.route import Route
from contracts.errors import LookalikeError

Carrier = Literal["query string", "multipart body", "JSON body"]

_CARRIERS: Final[tuple[Carrier, ...]] = ("query string", "multipart body", "JSON body")
_NOUNS: Final[dict[Carrier, tuple[str, str]]] = {
    "query string": ("query parameter", "query parameters"),
    "multipart body": ("form field", "fields"),
    "JSON body": ("field", "fields"),
}


class UnknownName(LookalikeError):
    """A request uses a name that its route does not accept in this place."""

    def __init__(self, name: str, carrier: Carrier) -> None:
        super().__init__(f"{name!r:.80} is not accepted in the {carrier}")
        self.name = name
        self.carrier: Carrier = carrier


class Names:
    """The names that each route accepts, for answering requests that use an unknown one.

    Args:
        routes: all routes of the application.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._takers: dict[str, dict[Carrier, list[str]]] = defaultdict(lambda: defaultdict(list))
        for route in routes:
            for carrier in _CARRIERS:
                for name in names_in(route, carrier):
                    self._takers[name][carrier].append(route.title)

    def refusal(self, route: Route, unknown: UnknownName) -> ServiceProblem:
        """The problem for a name unknown to a route: says where the name belongs, or which names there are."""
        name, carrier = unknown.name, unknown.carrier
        one, many = _NOUNS[carrier]
        here = f"{many} here: {', '.join(names_in(route, carrier)) or 'none'}"
        others = [other for other in _CARRIERS if name in names_in(route, other)]
        if "query string" in others:
            detail = f"'{name}' goes in the query string, not in the body; for example ?{name}=..."
        elif others:
            detail = f"'{name}' is not a {one} here: it goes in {_either(f'the {other}' for other in others)}; {here}"
        elif name in self._takers:
            takers = self._takers[name].items()
            places = _either(f"the {place} of {_either(titles)}" for place, titles in takers)
            detail = f"'{name}' is not a {one} here: it belongs in {places}; {here}"
        else:
            detail = f"unknown {one} {name!r:.80}; {here}"
        return ServiceProblem("invalid_parameter", detail)


def names_in(route: Route, carrier: Carrier) -> tuple[str, ...]:
    """The names that a route accepts in one place, in the order of its documentation."""
    if carrier == "query string":
        return tuple(parameter.name for parameter in route.parameters or ())
    media_type = "multipart/form-data" if carrier == "multipart body" else "application/json"
    content = {} if route.body is None else route.body["content"]
    return tuple(content[media_type]["schema"]["properties"]) if media_type in content else ()


def _either(choices: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last
