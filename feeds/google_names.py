"""The names of Google Merchant's attributes, and of Shopify's columns, as names of plain attributes."""

import re
from typing import Final

_SUBATTRIBUTES: Final = re.compile(r"\(.*\)\Z")
# Further pictures are no attributes, and the rest describes how a shop delivers, not what a product is.
LEFT_OUT: Final = frozenset(
    {
        "additional_image_link",
        "lifestyle_image_link",
        "video_link",
        "virtual_model_link",
        "shipping",
        "tax",
        "tax_category",
        "installment",
        "subscription_cost",
        "loyalty_program",
    }
)


def google_name(name: str) -> str:
    """The plain name of an attribute: `g:image link`, `Image Link` and `image_link` are `image_link`."""
    plain = name.strip().lower().removeprefix("g:")
    plain = _SUBATTRIBUTES.sub("", plain).strip()
    return plain.replace(" ", "_").replace("-", "_")
