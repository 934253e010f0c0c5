"""A little shop: drawn pictures, a feed of them, and an importer with a network that needs no weights."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from catalogue.live_catalogue import LiveCatalogue
from contracts.embedding_engine import EmbeddingEngine
from importer.by_command import CommandImport, Outcome
from importer.folders import Folders
from importer.networks import Networks
from importer.service import Service
from importer.settings import ImporterSettings
from storage.picture_store import default_store, open_picture_store
from tests.model.test_extraction import PixelEngine
from tests.served_elsewhere import asked_for

COLOURS = ("Black", "Navy Blue", "Größe: L", "Red")


@dataclass(slots=True)
class PixelNetworks(Networks):
    """Networks without weights; `version` is that of the one that makes a first bundle."""

    version: str = "pixels-000000000001"
    engines: dict[str, PixelEngine] = field(default_factory=dict)

    def _load(self, source: str) -> EmbeddingEngine:
        version = source.removeprefix("imagenet:") if source.startswith("imagenet:") else self.version
        return self.engines.setdefault(version, PixelEngine(version))

    @property
    def embedded(self) -> int:
        """Pictures that went through any network."""
        return sum(engine.embedded for engine in self.engines.values())


@dataclass
class Shop:
    """A folder with a feed, pictures, bundles and a database."""

    folder: Path
    networks: PixelNetworks = field(init=False)
    url: str = field(init=False)

    def __post_init__(self) -> None:
        elsewhere = asked_for()
        self.url = f"sqlite:///{self.folder / 'catalogue.db'}" if elsewhere is None else elsewhere.make_catalogue()
        self.bundles.mkdir(parents=True, exist_ok=True)
        (self.folder / "feed").mkdir(exist_ok=True)
        self.networks = PixelNetworks(self.bundles)

    @property
    def bundles(self) -> Path:
        return self.folder / "bundles"

    @property
    def feed(self) -> Path:
        return self.folder / "feed" / "feed.csv"

    def catalogue(self) -> LiveCatalogue:
        return LiveCatalogue.open(self.url, create=True)

    def service(self, catalogue: LiveCatalogue, **settings: int) -> Service:
        chosen = ImporterSettings(max_changes=settings.get("max_changes", 10_000))
        store = open_picture_store(default_store(self.bundles))
        return Service(Folders.of(self.bundles, None), chosen, catalogue, store, self.networks)

    def draw(self, numbers: Sequence[int], *, tint: int = 0) -> None:
        for number in numbers:
            generator = np.random.default_rng(1000 * tint + number)
            pixels = generator.integers(0, 256, (12, 12, 3), np.uint8)
            image = Image.fromarray(pixels).resize((36, 36), Image.Resampling.NEAREST)
            image.save(self.folder / "feed" / f"{number}.png")

    def write_feed(self, rows: Sequence[Mapping[str, str]]) -> None:
        columns = ["id", "image", "colour", "price"]
        stream = io.StringIO(newline="")
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
        self.feed.write_text(stream.getvalue(), encoding="utf-8", newline="")

    def stock(self, count: int) -> list[dict[str, str]]:
        """Draw so many pictures and write a feed of them; its rows."""
        self.draw(range(count))
        rows = [row_of(number) for number in range(count)]
        self.write_feed(rows)
        return rows

    def run(self, feed: Path | None = None, **options: object) -> Outcome:
        """Import, as `lookalike import` does."""
        with self.opened() as importing:
            return importing.run(str(feed or self.feed), **options)  # type: ignore[arg-type]

    def opened(self) -> CommandImport:
        importing = CommandImport.open(self.url, self.bundles, ImporterSettings())
        importing.service.networks = self.networks
        return importing


def row_of(number: int) -> dict[str, str]:
    return {"id": f"item/{number}", "image": f"{number}.png", "colour": COLOURS[number % 4], "price": str(number)}
