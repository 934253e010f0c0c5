from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import evaluate
from evaluation.html_report import render_report
from evaluation.settings import Settings
from evaluation.sources import Sources
from tests.evaluation.sets import ALL_SPACES, clustered, drawn, make, settings

VOID = {"meta", "img", "br"}
SOURCES = Sources(Path("gallery"), Path("queries"))
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


class Page(HTMLParser):
    """Every element, all text, and whether each element is closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(gallery: EvaluatedSet, queries: EvaluatedSet, asked: Settings, sources: Sources = SOURCES) -> str:
    return render_report([evaluate(gallery, queries, asked)], gallery, [queries], [sources], NOW)


@pytest.fixture
def shop(tmp_path: Path) -> EvaluatedSet:
    return drawn(tmp_path / "shop", clustered(["Tee", "Shirt", "Dress"], 12, noise=3.0, seed=1))


def test_the_page_shows_figures_plots_and_pictures(shop: EvaluatedSet) -> None:
    text = page_of(shop, shop, settings(["type"], ["type", "title"], spaces=ALL_SPACES))
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    pictures = page.named("img")
    assert len(pictures) > 100
    assert all(picture["src"].startswith("data:image/jpeg;base64,") and picture["alt"] for picture in pictures)
    charts = [found for found in page.named("svg") if found.get("role") == "img"]
    # Of each definition recall, precision and scores.
    assert len(charts) == 6
    assert len(page.named("polyline")) == 4 * 3
    for words in ("same type and title", "36 queries were run against a gallery of 36 items", "Random queries"):
        assert words in page.words.replace("\n", " ")
    # Right and wrong differ in frame, sign and word.
    assert {"✓", "✗"} <= set(page.words)
    assert "wrong," in page.words
    assert len(text) < 5_000_000


def test_the_page_needs_nothing_but_itself(shop: EvaluatedSet) -> None:
    page = Page(page_of(shop, shop, settings(["type"])))
    assert not {"script", "link", "iframe", "object", "base", "form"} & {name for name, _ in page.elements}
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    policies = [found["content"] for found in page.named("meta") if "Content-Security-Policy" in found.values()]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_text_of_the_catalogue_stays_text(tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'
    items = [
        Item(f"{evil}{row}", f"{row}.png", {"title": f"{evil}{row}", "type": evil, evil: evil}) for row in range(6)
    ]
    gallery = make(items, np.random.default_rng(1).standard_normal((6, 5)), root=str(tmp_path))
    model = replace(gallery.embeddings.model, version=f"net-{evil}")
    evil_set = EvaluatedSet(replace(gallery.embeddings, model=model), gallery.digests)
    text = page_of(evil_set, evil_set, settings(["type"], [evil]), Sources(Path(evil), Path(evil), evil, evil))
    page = Page(text)
    assert not page.named("script")
    assert not any("onerror" in attributes for attributes in page.named("img"))
    assert evil in page.words
    assert "49" not in page.words.split()


def test_vanished_pictures_get_a_sentence(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    shop = drawn(root, clustered(["Tee", "Shirt"], 4, noise=1.0, seed=2))
    (tmp_path / "outside.png").write_bytes((root / "0.png").read_bytes())
    items = [replace(item, attributes={**item.attributes, "title": f"Item {item.id}"}) for item in shop.items]
    items[0] = replace(items[0], image="../outside.png")
    (root / "1.png").unlink()
    (root / "2.png").write_bytes(b"no picture")
    outside = EvaluatedSet(replace(shop.embeddings, items=items), shop.digests)
    page = Page(page_of(outside, outside, settings(["type"])))
    for row in (0, 1, 2):
        assert f"Item i{row}: the picture is missing." in page.words
    assert page.named("img")


def test_one_space_and_a_class_map_make_a_page_too(tmp_path: Path) -> None:
    shop = drawn(tmp_path / "shop", clustered(["Tee", "Shirt"], 6, noise=1.0, seed=3))
    photos = make([Item("hat/1.jpg", "1.jpg", {"category": "top"})], np.ones((1, 40)), root=str(tmp_path))
    classes = {"top": frozenset({"Tee"})}
    page = Page(page_of(shop, photos, settings(["type"], spaces=("reduced",), class_map=classes)))
    assert "class map" in page.words
    assert "no interval: one group" in page.words
    assert "Is one space better?" not in page.words
