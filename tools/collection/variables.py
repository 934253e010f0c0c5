"""The variables of a collection, by which one request takes up what another one has answered."""

from collections.abc import Mapping
from typing import Final

NEW_ITEM: Final = "newItemId"
VARIABLES: Final[Mapping[str, str]] = {
    "itemId": "item-1",
    NEW_ITEM: "from-the-collection",
    "token": "",
    "jobId": "0",
    "importId": "0",
}
_OF_PARAMETERS: Final = {"id": "itemId", "job_id": "jobId", "import_id": "importId", "token": "token"}
_CHANGES: Final = frozenset({"PUT", "PATCH", "DELETE"})


def variable_of(parameter: str, method: str) -> str:
    """The variable for a parameter; what changes an item changes one that no shop has."""
    variable = _OF_PARAMETERS[parameter]
    return NEW_ITEM if variable == "itemId" and method in _CHANGES else variable
