"""The search engine: whether it can be reached and asked, and whether it holds the current version."""

from contextlib import closing
from pathlib import Path
from typing import Final

from checks.finding import Finding, problem_of
from contracts.errors import BundleError, EngineError, SearchUnavailableError
from contracts.settings_names import SEARCH_URL
from engines.engine import Engine
from engines.held_version import open_held
from engines.opening import open_engine
from index.current_version import current_version

_SUBJECT: Final = "search engine"
# A person waits for it, once.
_TIMEOUT_S: Final = 10.0


def check_search_engine(addresses: str | None, bundles: Path | None) -> Finding:
    """Connect, look which versions it holds, and search the current one.

    Args:
        addresses: None: they are not set.
        bundles: folder of bundles; None: no version is looked for.
    """
    if addresses is None:
        return Finding(_SUBJECT, "ok", f"none: {SEARCH_URL} is not set, so the items are searched in memory")
    try:
        with closing(open_engine(addresses, timeout_s=_TIMEOUT_S)) as engine:
            return _looked_at(engine, bundles)
    except (BundleError, EngineError, SearchUnavailableError) as error:
        return problem_of(_SUBJECT, error)


def _looked_at(engine: Engine, bundles: Path | None) -> Finding:
    held = engine.versions()
    if bundles is None:
        return Finding(_SUBJECT, "ok", f"{engine} answers, and holds {len(held)} versions")
    base = open_held(bundles, current_version(bundles), engine)
    base.part.warm_up()
    says = f"{engine} holds index {base.version}: {len(base.part):,} items, searched "
    if not base.approximate:
        return Finding(_SUBJECT, "ok", f"{says}exactly")
    if base.recall is None:
        unmeasured = f"{says}approximately, and its recall was not measured"
        return Finding(_SUBJECT, "note", unmeasured, "remove it from there and load it again, which measures it")
    return Finding(_SUBJECT, "ok", f"{says}approximately, with a recall of {base.recall:.4f}")
