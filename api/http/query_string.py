"""Parsing a query string with the parameters that a route declares."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from api.http.names import UnknownName
from api.http.parameters import Parameter
from api.http.problems import ServiceProblem

MAX_PARAMETERS: Final = 200


class QueryReader:
    """Reads the query strings of one route.

    Args:
        parameters: those that may be given; names are unique.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self._absent: dict[str, Any] = {
            name: () if parameter.repeatable else parameter.default for name, parameter in self._parameters.items()
        }
        self._needed = [parameter for parameter in self._parameters.values() if parameter.needed is not None]

    def read(self, query_string: bytes) -> dict[str, Any]:
        """The value of every parameter, by name.

        Raises:
            UnknownName: no parameter has this name.
            ServiceProblem: `invalid_parameter`: a parameter is given twice or has an invalid value, one that is needed
                is missing, or there are too many.
        """
        values = self._absent.copy()
        if not query_string and not self._needed:
            return values
        try:
            # latin-1 as in Starlette: percent-encoded UTF-8 is decoded by parse_qsl itself.
            pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
        except ValueError:
            raise ServiceProblem(
                "invalid_parameter", f"the query string holds over {MAX_PARAMETERS} parameters"
            ) from None
        given: set[str] = set()
        for name, text in pairs:
            parameter = self._parameters.get(name)
            if parameter is None:
                raise UnknownName(name, "query string")
            if name in given and not parameter.repeatable:
                raise ServiceProblem("invalid_parameter", f"'{name}' is given more than once; give it once")
            given.add(name)
            try:
                value = parameter.read(text)
            except ValueError as error:
                raise ServiceProblem("invalid_parameter", f"'{name}' {error}; got {text!r:.80}") from None
            values[name] = (*values[name], value) if parameter.repeatable else value
        for parameter in self._needed:
            if parameter.name not in given:
                raise ServiceProblem("invalid_parameter", f"'{parameter.name}' is missing; {parameter.needed}")
        return values
