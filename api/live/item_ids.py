"""The id of an item that a request writes."""

from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from api.http.problems import ServiceProblem
from contracts.errors import CatalogueError
from contracts.items import check_item_id
from contracts.text_form import one_form


def written_id(scope: Scope, item_id: str) -> str:
    """The id in its one form, in which it is stored.

    Args:
        scope: of the request.
        item_id: as it stands in the path, percent-decoded.

    Raises:
        ServiceProblem: `invalid_parameter`: no item can have it.
    """
    formed = one_form(item_id)
    try:
        # Where bytes are no UTF-8, the server has put a replacement character, and many ids would become one.
        unquote_to_bytes(scope.get("raw_path") or b"").decode()
        check_item_id(formed)
    except UnicodeDecodeError:
        raise ServiceProblem(
            "invalid_parameter", "the id is not UTF-8; percent-encode its UTF-8 bytes, such as %C3%BC for ü"
        ) from None
    except CatalogueError as error:
        raise ServiceProblem("invalid_parameter", str(error)) from None
    return formed
