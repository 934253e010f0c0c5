"""The trained networks that come with the project."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.embedding_set import TWO_PARTS, ModelIdentity
from contracts.networks import SHIPPED_NETWORK
from model.loading import load_engine
from model.shipped_networks import SHIPPED, SHIPPED_FOLDERS, shipped_version, source_of
from model.torch_loading import load_model
from sample.archive import ARCHIVE, SampleArchive

# Each network once, by its architecture.
EACH = [source for source, folder in SHIPPED_FOLDERS.items() if source == f"{SHIPPED}:{folder.name}"]
SHIPPED_FOLDER = Path(__file__).parents[2] / "model" / "shipped"


@pytest.mark.parametrize("source", EACH)
def test_it_loads_and_is_what_its_name_says(source: str) -> None:
    checkpoint = load_model(source)
    assert checkpoint.network.name == SHIPPED_FOLDERS[source].name
    assert checkpoint.preprocessing.fit == "unframe"
    assert len(checkpoint.network.categories) > 100
    assert load_engine(source, device="cpu", threads=1).identity.parts == TWO_PARTS


def test_the_default_is_the_one_that_the_contracts_name() -> None:
    assert SHIPPED_FOLDERS[SHIPPED].name == SHIPPED_NETWORK
    assert load_model(SHIPPED).version == shipped_version()


def test_every_network_can_be_named_by_its_version() -> None:
    for folder in {*SHIPPED_FOLDERS.values()}:
        version = load_model(f"{SHIPPED}:{folder.name}").version
        assert load_model(f"{SHIPPED}:{version}").version == version


@pytest.mark.parametrize(
    ("source", "version", "expected"),
    [
        (SHIPPED, "resnet18-7d6802244c7c", "shipped:resnet18-7d6802244c7c"),
        ("shipped:efficientnet_lite0", "efficientnet_lite0-5f80fc396058", "shipped:efficientnet_lite0-5f80fc396058"),
        (SHIPPED, "resnet18-000000000000", SHIPPED),
        ("/networks/shipped", "resnet18-7d6802244c7c", "/networks/shipped"),
        ("imagenet:resnet18", "resnet18-7d6802244c7c", "imagenet:resnet18"),
    ],
)
def test_an_index_of_an_earlier_default_names_its_network(source: str, version: str, expected: str) -> None:
    assert source_of(ModelIdentity(version, "network", source, 96)) == expected


def test_its_embeddings_can_be_made_again_on_any_machine() -> None:
    """The bundle says `shipped`, not a path of the machine that extracted."""
    for source in SHIPPED_FOLDERS:
        assert load_engine(source, device="cpu", threads=1).identity.source == source


@pytest.mark.parametrize("source", EACH)
def test_garments_mirrored_and_darkened_find_themselves(source: str) -> None:
    engine = load_engine(source, device="cpu", threads=1)
    with SampleArchive(ARCHIVE) as archive:
        pictures = [name for name in archive.seals if name.endswith(".webp")][::60]
        garments = [np.asarray(Image.open(BytesIO(archive.read(name))).convert("RGB")) for name in pictures]
    copies = [(pixels * 0.8).astype(np.uint8)[:, ::-1] for pixels in garments]
    batch = np.stack([engine.preprocess(pixels) for pixels in garments + copies])
    embeddings = engine.embed(batch).embeddings
    units = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    assert (units[20:] @ units[:20].T).argmax(axis=1).tolist() == list(range(20))


@pytest.mark.parametrize("source", EACH)
def test_a_card_says_what_it_is(source: str) -> None:
    card = (SHIPPED_FOLDERS[source] / "MODEL_CARD.md").read_text()
    assert load_model(source).version in card
    for heading in ("## Data", "## Recipe", "## Metrics", "## Limits", "## Licence"):
        assert heading in card


def test_the_weights_are_small_enough_for_a_repository() -> None:
    sizes = [file.stat().st_size for file in SHIPPED_FOLDER.rglob("*.safetensors")]
    assert max(sizes) <= 52_000_000
    assert sum(sizes) <= 60_000_000
