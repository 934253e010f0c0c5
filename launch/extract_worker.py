"""`lookalike extract-worker`: embeds shards of catalogues that `lookalike extract --on-workers` hands out."""

import logging

from contracts.engine_names import EngineName
from model.loading import load_engine
from worker.app import configure_logging
from worker.settings import read_settings
from worker.shards.app import run_shard_worker

logger = logging.getLogger(__name__)


def serve_extract_worker(
    source: str,
    *,
    shared: str | None,
    roots: str | None,
    device: str,
    engine: EngineName | None,
    precision: str,
    batch_size: int,
    threads: int,
) -> int:
    """Run one worker of extractions in this process.

    Args:
        source: of the network, see `model.loading.load_engine`.
        shared: work folder; None for what the settings say.
        roots: folders that pictures may be read from, separated by commas; None for what the settings say.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        engine: what runs the network; None for what the settings say.
        precision: of the engine.
        batch_size: pictures embedded together.
        threads: that read pictures.

    Raises:
        LaunchError: a setting is missing or invalid.
        ModelError: the network cannot be loaded.
    """
    settings = read_settings()
    given = {"extract_shared": shared, "extract_roots": roots}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    configure_logging(settings.log_level, settings.log_format)
    loaded = load_engine(
        source, engine=engine or settings.engine, device=device, precision=precision, announce=logger.info
    )
    return run_shard_worker(settings, loaded, batch_size=batch_size, threads=threads)
