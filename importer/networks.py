"""The network that an importer embeds with: that of the current bundle, loaded when it is first needed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from contracts.embedding_engine import EmbeddingEngine
from contracts.embedding_set import ModelIdentity
from contracts.engine_names import EngineName
from contracts.errors import ModelError
from index.bundle_manifest import read_manifest
from index.current_version import CURRENT, current_version
from model.loading import load_engine
from model.shipped_networks import SHIPPED, source_of


def current_model(bundles: Path) -> ModelIdentity | None:
    """The network of the current bundle; None if there is no bundle yet.

    Raises:
        BundleError: the bundle is damaged.
    """
    if not (bundles / CURRENT).exists():
        return None
    return read_manifest(bundles / current_version(bundles)).model


@dataclass(slots=True)
class Networks:
    """Loads networks, and keeps the last one.

    Attributes:
        bundles: their current one says which network embeds.
        checkpoint: where that network is on this machine, or which one makes the first bundle; None: as the bundle
            says, else the shipped one.
        device, engine: see `model.loading.load_engine`.
        announce: called with a line for each network that is loaded.
    """

    bundles: Path
    checkpoint: str | None = None
    device: str = "auto"
    engine: EngineName = "auto"
    announce: Callable[[str], object] = lambda _line: None
    _loaded: EmbeddingEngine | None = field(default=None, init=False)
    _loading: threading.Lock = field(default_factory=threading.Lock, init=False)

    def served(self) -> "Network":
        """The network of the current bundle, else the one that makes the first bundle.

        Raises:
            BundleError: the current bundle is damaged.
            ModelError: there is no bundle, and the network cannot be loaded.
        """
        model = current_model(self.bundles)
        if model is None:
            # Which network it is, only its files say.
            with self._loading:
                model = self._load(self.checkpoint or SHIPPED).identity
        return Network(model, self)

    def load(self, model: ModelIdentity) -> EmbeddingEngine:
        """An engine of a network; may be called from any thread.

        Raises:
            ModelError: it cannot be loaded, or is another one now.
        """
        with self._loading:
            return self._checked(model)

    def _checked(self, model: ModelIdentity) -> EmbeddingEngine:
        if self._loaded is not None and self._loaded.identity.version == model.version:
            return self._loaded
        source = self.checkpoint or source_of(model)
        loaded = self._load(source)
        if loaded.identity.version != model.version:
            raise ModelError(
                f"the index was built with {model.version}, but {source} is {loaded.identity.version}; name the right "
                "one with --checkpoint"
            )
        return loaded

    def _load(self, source: str) -> EmbeddingEngine:
        if self._loaded is None or self._loaded.identity.source != source:
            self._loaded = load_engine(source, engine=self.engine, device=self.device, announce=self.announce)
        return self._loaded


@dataclass(frozen=True, slots=True)
class Network:
    """A network that need not be loaded as long as every picture is known.

    Attributes:
        model: which one.
    """

    model: ModelIdentity
    networks: Networks

    def engine(self) -> EmbeddingEngine:
        """Its engine.

        Raises:
            ModelError: it cannot be loaded.
        """
        return self.networks.load(self.model)


def fixed_network(model: ModelIdentity) -> Network:
    """A network whose embeddings are all there, so that it is not loaded."""
    return Network(model, Networks(Path()))
