"""A small shop for the page: a drawn catalogue, a bundle built of it, and the real application over it."""

import asyncio
import contextlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from api.app import create_app
from api.embedding.admitted import Admitted, Deadline
from api.embedding.embedder import Embedder, QueueHealth
from api.http.problems import ServiceProblem
from api.settings import ApiSettings
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.embedding_set import EmbeddingSet, ModelIdentity
from contracts.garments import Garment
from contracts.items import Item
from index.building import build_bundle
from index.bundle import Bundle, open_current
from pictures.decoding import decode

COLOURS = {"Red": (190, 40, 50), "Navy Blue": (30, 45, 90), "Green": (50, 130, 70), "Beige": (215, 195, 160)}
SHAPES = ("Tee", "Skirt", "Scarf", "Bag, small")
MODEL = ModelIdentity(version="drawn-000000000001", network="drawn", source="drawn", input_size=32)


def draw_picture(shape: str, colour: tuple[int, int, int], shade: int, size: tuple[int, int] = (90, 120)) -> bytes:
    """A JPEG of a plain garment on white."""
    image = Image.new("RGB", (90, 120), "white")
    pen = ImageDraw.Draw(image)
    fill = tuple(max(0, value - 6 * shade) for value in colour)
    if shape == "Tee":
        pen.polygon(
            [(10, 30), (35, 18), (55, 18), (80, 30), (74, 50), (66, 46), (66, 105), (24, 105), (24, 46), (16, 50)], fill
        )
    elif shape == "Skirt":
        pen.polygon([(32, 25), (58, 25), (82, 105), (8, 105)], fill)
    elif shape == "Scarf":
        pen.rectangle((36, 8, 54, 112), fill)
    else:
        pen.rectangle((18, 50, 72, 100), fill)
        pen.arc((30, 22, 60, 78), 180, 360, fill, 5)
    file = io.BytesIO()
    image.resize(size).save(file, "JPEG", quality=92)
    return file.getvalue()


def embed_pixels(picture: bytes, box: Box | None = None) -> tuple[NDArray[np.float32], int, int]:
    """What a picture looks like at 13 x 13 pixels, (512,) float32, and its size in pixels."""
    decoded = decode(picture, box=box, target=32)
    small = np.asarray(Image.fromarray(decoded.pixels).resize((13, 13)), np.float32) / 255.0
    embedding = np.zeros(512, np.float32)
    embedding[:507] = (1.0 - small).ravel()
    return embedding, decoded.width, decoded.height


@dataclass
class DrawnEmbedder:
    """Embeds as the catalogue was embedded; fails once with `problem` where a test sets it.

    Attributes:
        problem: raised by the next call.
        objects: garments of every photo, where they are asked for; the first one is searched.
        boxes, pictures, detects: of the calls so far.
    """

    problem: ServiceProblem | None = None
    objects: tuple[Garment, ...] | None = None
    boxes: list[Box | None] = field(default_factory=list)
    detects: list[bool] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    async def embed(
        self, picture: bytes, *, box: Box | None = None, detect: bool = False, timeout_s: float | None = None
    ) -> Embedded:
        self.boxes.append(box)
        self.detects.append(detect)
        self.pictures.append(picture)
        problem, self.problem = self.problem, None
        if problem is not None:
            raise problem
        objects = self.objects if detect else None
        chosen_box = objects[0].box if objects and box is None else None
        embedding, width, height = await asyncio.to_thread(embed_pixels, picture, box or chosen_box)
        return Embedded(
            "0" * 32, MODEL.version, embedding, width, height, 0.5, 1.5, objects=objects, chosen_box=chosen_box
        )

    @contextlib.contextmanager
    def admit(self, upload_bytes: int) -> Iterator[Admitted]:
        async def embed(picture: bytes, box: Box | None, detect: bool, deadline: Deadline) -> Embedded:
            return await self.embed(picture, box=box, detect=detect)

        yield Admitted(embed, Deadline.after(10.0))

    def check_room(self, upload_bytes: int) -> None:
        return

    def health(self) -> QueueHealth:
        return QueueHealth(redis=True, worker=True, redis_detail="drawn", worker_detail="drawn")


def build_shop(folder: Path) -> Bundle:
    """Draw 64 items below `folder`, embed them and open the bundle that is built of them."""
    items, embeddings = [], []
    for place in range(64):
        shape, (colour, rgb), shade = SHAPES[place % 4], list(COLOURS.items())[place // 4 % 4], place // 16
        picture = draw_picture(shape, rgb, shade)
        (folder / f"{place}.jpg").write_bytes(picture)
        attributes = {
            "title": f"{colour} {shape} no. {place}",
            "articleType": shape,
            "baseColour": colour,
            "price": f"{10 + place}.00 EUR" if place != 60 else "on request",
            "code": f"C-{place:04}",
            # More members than the page is sent at first.
            "tags": f"Look {place}|{('Winter', 'Summer')[place % 2]}|set {place}",
        }
        # Ids with a slash and a space must survive the way into addresses and back.
        items.append(Item(id=f"new arrivals/{place}", image=f"{place}.jpg", attributes=attributes))
        embeddings.append(embed_pixels(picture)[0])
    embedding_set = EmbeddingSet(items, np.stack(embeddings), MODEL, str(folder))
    bundles = folder / "bundles"
    build_bundle(embedding_set, bundles, kinds={"tags": "list"}, now=datetime(2026, 11, 23, tzinfo=UTC))
    return open_current(bundles)


@contextmanager
def serve(bundle: Bundle, embedder: Embedder, **settings: object) -> Iterator[str]:
    """The real application on a free port; yields the page's address."""
    chosen = ApiSettings.model_validate(settings)
    with serve_app(create_app(chosen, bundle, embedder), chosen.root_path) as address:
        yield address


@contextmanager
def serve_app(app: FastAPI, root_path: str = "") -> Iterator[str]:
    """An application on a free port; yields the page's address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    # Whoever asks before the server runs waits for it.
    listening.listen()
    port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}{root_path}/"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
