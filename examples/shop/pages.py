"""The pages' HTML. Whatever comes from the catalogue or from an address is escaped here."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from examples.shop.products import WIDTHS, Product, Products

TEMPLATES = Path(__file__).with_name("templates")
PAGE_SIZE = 24
_GENDERS = {"Women": "Women", "Men": "Men", "Unisex": "Everyone"}
# What a product's page tells, in this order.
_FACTS = ("colour", "material", "pattern", "fit", "sleeve", "neckline", "closure", "length")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a list shows.

    Attributes:
        gender, category: values of these attributes, or empty for all.
        page: from 1.
    """

    gender: str = ""
    category: str = ""
    page: int = 1

    @property
    def filters(self) -> list[str]:
        """As conditions of the API, in which some characters are escaped."""
        return [f"{field}:{_escaped(value)}" for field, value in self._fields().items()]

    def address(self, **changes: str) -> str:
        """Of the list with some fields changed."""
        fields = {name: value for name, value in {**self._fields(), **changes}.items() if value}
        return f"/?{urlencode(fields)}" if fields else "/"

    def _fields(self) -> dict[str, str]:
        return {name: value for name, value in {"gender": self.gender, "category": self.category}.items() if value}


class Pages:
    """Writes the pages of a shop.

    Args:
        products: where they come from.
    """

    def __init__(self, products: Products) -> None:
        self._products = products
        self._templates = {path.stem: Template(path.read_text("utf-8")) for path in TEMPLATES.glob("*.html")}

    def listing(self, choice: Choice) -> str:
        """A page of the list.

        Raises:
            ProductsError: the API gives no answer.
        """
        offset = (choice.page - 1) * PAGE_SIZE
        found, total = self._products.page(limit=PAGE_SIZE, offset=offset, filters=choice.filters)
        categories = self._products.values("category")
        chips = [_link(choice.address(category=""), "All", current=not choice.category)]
        chips += [_link(choice.address(category=name), name, current=name == choice.category) for name in categories]
        # The first row is seen at once; the others are fetched when they come into view.
        cards = [self._card(product, lazy=number >= 4) for number, product in enumerate(found)]
        turning = []
        if choice.page > 1:
            turning.append(_link(choice.address(page=str(choice.page - 1)), "Previous"))
        if offset + len(found) < total:
            turning.append(_link(choice.address(page=str(choice.page + 1)), "Next"))
        heading = " · ".join(filter(None, [_GENDERS.get(choice.gender, choice.gender), choice.category])) or "New in"
        body = self._filled(
            "list",
            heading=escape(heading),
            total=f"{total:,} {'piece' if total == 1 else 'pieces'}",
            chips="".join(chips),
            cards="".join(cards) or '<li class="empty">Nothing here. Try another category.</li>',
            turning="".join(turning),
        )
        return self._page(heading, body, gender=choice.gender)

    def product(self, product: Product) -> str:
        """A product with its look-alikes."""
        facts = "".join(
            f"<div><dt>{escape(name.capitalize())}</dt><dd>{escape(product.facts[name])}</dd></div>"
            for name in _FACTS
            if name in product.facts
        )
        category, gender = product.facts.get("category", ""), product.facts.get("gender", "")
        # The other colours of a style are not what a customer may like instead.
        style = product.facts.get("style", "")
        exclude = f"style:{_escaped(style)}".replace(";", "\\;") if style else ""
        body = self._filled(
            "product",
            exclude=escape(exclude),
            id=escape(product.id),
            title=escape(product.title),
            price=escape(product.price),
            picture=self._picture(product, sizes="(max-width: 50rem) 92vw, 30rem", lazy=False),
            facts=facts,
            back=escape(Choice(gender=gender, category=category).address()),
            kind=escape(" · ".join(filter(None, [_GENDERS.get(gender, gender), category]))),
        )
        return self._page(product.title, body, gender=gender)

    def message(self, heading: str, sentence: str) -> str:
        """A page that says what is wrong."""
        body = self._filled("message", heading=escape(heading), sentence=escape(sentence))
        return self._page(heading, body, gender="")

    def _page(self, title: str, body: str, *, gender: str) -> str:
        links = [
            _link(Choice(gender=value).address(), name, current=value == gender) for value, name in _GENDERS.items()
        ]
        widget = escape(self._products.address_with_key("/widget.js"))
        return self._filled("page", title=escape(title), widget=widget, navigation="".join(links), body=body)

    def _filled(self, name: str, **values: str) -> str:
        return self._templates[name].substitute(values)

    def _card(self, product: Product, *, lazy: bool) -> str:
        return self._filled(
            "card",
            address=escape(f"/product?{urlencode({'id': product.id})}"),
            picture=self._picture(product, sizes="(max-width: 50rem) 46vw, 18rem", lazy=lazy),
            title=escape(product.title),
            price=escape(product.price),
        )

    def _picture(self, product: Product, *, sizes: str, lazy: bool) -> str:
        urls = {width: escape(self._products.picture_url(product, width)) for width in WIDTHS}
        return self._filled(
            "picture",
            url=urls[320],
            urls=", ".join(f"{url} {width}w" for width, url in urls.items()),
            sizes=sizes,
            loading="lazy" if lazy else "eager",
            alternative=escape(product.title),
        )


def _link(address: str, text: str, *, current: bool = False) -> str:
    return f'<a href="{escape(address)}"{" aria-current=page" if current else ""}>{escape(text)}</a>'


def _escaped(value: str) -> str:
    for character in "\\:,":
        value = value.replace(character, f"\\{character}")
    return value
