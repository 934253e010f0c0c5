"""`lookalike serve --only worker`: embeds pictures from a queue with the network of a bundle."""

import logging
from pathlib import Path

from contracts.embedding_engine import EmbeddingEngine
from contracts.engine_names import EngineName
from contracts.errors import ModelError
from contracts.garments import GarmentDetector
from index.bundle_manifest import read_manifest
from index.current_version import CURRENT, current_version
from index.versions.bundle_folder import bundle_folder
from model.detection.loading import load_detector
from model.engines.processor import usable_cores
from model.loading import load_engine
from model.shipped_networks import source_of
from storage.run_file import redis_url_for
from worker.app import configure_logging, run_worker
from worker.settings import WorkerSettings, read_settings

logger = logging.getLogger(__name__)


def serve_worker(
    bundles: Path, *, version: str | None, checkpoint: str | None, device: str, engine: EngineName | None
) -> int:
    """Run one worker in this process, with the network that a bundle was made with.

    Without REDIS_URL it joins a `lookalike serve` of the same folder on this machine, if one runs.

    Where the folder has no current bundle yet, a worker with a checkpoint starts all the same.

    Args:
        version: of the bundle; None for the current one.
        checkpoint: folder of that network on this machine, if not the one that the bundle names.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        engine: what runs the network; None for what the settings say.

    Raises:
        BundleError: there is no such bundle.
        ModelError: the network cannot be loaded, or is not the bundle's.
    """
    settings = read_settings()
    settings = settings.model_copy(update={"redis_url": redis_url_for(bundles, settings.redis_url)})
    configure_logging(settings.log_level, settings.log_format)

    def load(source: str) -> EmbeddingEngine:
        return load_engine(source, engine=engine or settings.engine, device=device, announce=logger.info)

    if checkpoint is not None and version is None and bundles.is_dir() and not (bundles / CURRENT).exists():
        return run_worker(settings, load(checkpoint), _detector(checkpoint, settings))
    folder = bundles / current_version(bundles) if version is None else bundle_folder(bundles, version)
    wanted = read_manifest(folder).model
    source = checkpoint or source_of(wanted)
    loaded = load(source)
    if loaded.identity.version != wanted.version:
        raise ModelError(
            f"the index was built with {wanted.version}, but {source} is "
            f"{loaded.identity.version}; pass the right one with --checkpoint, or extract and build the index again"
        )
    return run_worker(settings, loaded, _detector(source, settings))


def _detector(source: str, settings: WorkerSettings) -> GarmentDetector | None:
    if not settings.detect:
        logger.info("garments in photos are not looked for: LOOKALIKE_DETECT is false")
        return None
    detector = load_detector(source, threads=usable_cores())
    if detector is None:
        logger.info("garments in photos are not found: the network %s has no detector", source)
    else:
        logger.info("garments in photos are found by %s: %s", detector.version, ", ".join(detector.classes))
    return detector
