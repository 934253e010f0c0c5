"""The script that runs after a request: it checks the status and keeps what the next requests need."""

from typing import Any, Final

from tools.collection.variables import variable_of

_BODY: Final = "$response.body#/"
# What no link of the document says, because it lies deeper than a link's parameter should.
_MORE: Final = {
    "items": ("itemId", "items?.[0]?.id"),
    "similar_to_photo": ("token", "query?.token"),
}


def script(operation: dict[str, Any]) -> list[str]:
    """Lines of JavaScript."""
    statuses = ", ".join(sorted(operation["responses"]))
    lines = [
        'pm.test("the status is documented", () => {',
        f"  pm.expect([{statuses}]).to.include(pm.response.code);",
        "});",
    ]
    captures = [*_linked(operation), *([_MORE[operation["operationId"]]] if operation["operationId"] in _MORE else [])]
    if captures:
        lines += ["if (pm.response.code < 300) {", "  const answer = pm.response.json();"]
        for variable, member in captures:
            lines.append(f'  if (answer.{member}) pm.collectionVariables.set("{variable}", answer.{member});')
        lines.append("}")
    return lines


def _linked(operation: dict[str, Any]) -> list[tuple[str, str]]:
    """Variable and member of the body for each link."""
    return [
        (variable_of(parameter, "GET"), expression.removeprefix(_BODY).replace("/", "?."))
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
        for parameter, expression in link["parameters"].items()
        if expression.startswith(_BODY)
    ]
