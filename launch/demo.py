"""`lookalike demo`: from nothing to a running page, in the steps a person would take, each done once."""

import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from contracts.engine_names import EngineName
from contracts.errors import LaunchError
from contracts.settings_names import API_KEYS, DATABASE_URL, FILE_SUFFIX
from contracts.stored_picture import is_stored
from index.bundle import open_current
from index.bundle_manifest import FORMAT
from index.current_version import CURRENT, set_current
from index.listing import list_bundles
from launch.compiling import compiling_searches
from launch.live_catalogue import has_database
from launch.ports import check_port_is_free
from launch.serve import serve_all
from launch.settings import check_settings, without_keys
from model.journal import JOURNAL, EmbeddingJournal
from model.shipped_networks import SHIPPED, shipped_version
from sample.catalogue import unpack_catalogue
from sample.embeddings import read_sample_embeddings
from storage.held_folder import held

_BUILT_FROM = "built-from.json"


def run_demo(
    *, catalogue: Path | None, host: str, port: int, open_to_all: bool, home: Path, engine: EngineName | None = None
) -> int:
    """Prepare a catalogue, extract, index and serve until a signal comes.

    Args:
        catalogue: the user's own, or None for the sample catalogue that comes with the project.
        host: address to listen on.
        port: to listen on.
        open_to_all: serve without keys, although others than this machine can reach the address.
        home: folder that everything made here goes into.
        engine: what runs the network; None for what the environment says.

    Raises:
        LookalikeError: a step cannot be done; the message is for the user.
    """
    check_settings(host, port, open_to_all=open_to_all)
    home.mkdir(parents=True, exist_ok=True)
    busy = LaunchError(f"a demo is already running in this folder ({home}); stop it with Ctrl-C in its terminal first")
    with held(home / "demo.lock", busy):
        check_port_is_free(host, port)
        if catalogue is None:
            catalogue = home / "sample-catalogue"
            if unpack_catalogue(catalogue):
                print(f"Unpacked the sample catalogue into {_shown(str(catalogue))}", file=sys.stderr, flush=True)
        if not catalogue.exists():
            raise LaunchError(f"there is no catalogue at {catalogue}; pass a folder of pictures or a .csv file")
        work = home / f"{catalogue.stem}-{hashlib.sha256(str(catalogue.resolve()).encode()).hexdigest()[:8]}"
        # After an upgrade with another network the demo makes new embeddings instead of refusing the old ones.
        embeddings, bundles = work / f"embeddings-{shipped_version()}", work / "bundles"
        if not embeddings.exists():
            use_shipped_embeddings(catalogue, embeddings)
        # The index and the API search, and neither can begin before there are embeddings.
        with compiling_searches() as wait_until_compiled:
            # A demonstration shows whatever can be shown.
            chosen = [] if engine is None else ["--engine", engine]
            out = ["--out", str(embeddings), "--checkpoint", SHIPPED, "--max-failed", "1"]
            _step("extract", str(catalogue), *out, *chosen)

            if not has_database(os.environ):
                # A database belongs to the embeddings whose items it has taken over, so others get another one.
                database = work.resolve() / f"live-{_embeddings_fingerprint(embeddings)[:8]}.db"
                os.environ[DATABASE_URL] = f"sqlite:///{database}"

            def build_index() -> None:
                wait_until_compiled()
                if not _is_built_from(bundles, embeddings):
                    _step("index", "build", str(embeddings), "--out", str(bundles))
                    # A demo has nothing to compare a new index with: the newest is the one to see.
                    set_current(bundles, list_bundles(bundles)[-1].version)
                    _note_built_from(bundles, embeddings)
                at = f"--host {shlex.quote(host)} --port {port}{' --open' if open_to_all else ''}"
                print(f"$ lookalike serve {_shown(str(bundles))} {at}", file=sys.stderr, flush=True)

            # The first index is built while the worker starts. One that is current already may be of another network,
            # so the worker waits for the new one.
            first = not (bundles / CURRENT).exists()
            bundles.mkdir(parents=True, exist_ok=True)
            if not first:
                build_index()
            return serve_all(
                bundles,
                host=host,
                port=port,
                open_to_all=open_to_all,
                worker_options=[*(["--checkpoint", SHIPPED] if first else []), *chosen],
                on_ready=lambda address: _show(address, bundles),
                build_first=build_index if first else None,
            )


def use_shipped_embeddings(catalogue: Path, embeddings: Path) -> None:
    """Let an extraction that has not begun find the embeddings that a sample catalogue brings along.

    It finds them as if it had been killed after embedding these pictures. It still reads every picture, and embeds
    those whose bytes are others. Where the catalogue brings none of the shipped network, nothing happens.

    Args:
        catalogue: any.
        embeddings: folder of the extraction, which is not there yet.
    """
    version = shipped_version()
    try:
        found = read_sample_embeddings(catalogue, version)
    except (OSError, ValueError, EOFError):
        return
    if found is not None:
        embeddings.mkdir(parents=True)
        with EmbeddingJournal(embeddings / JOURNAL, version) as journal:
            journal.append(*found)


def _step(*arguments: str) -> None:
    """Run one of our own commands as a process of its own, and show it, so that it can be repeated by hand."""
    print(f"$ lookalike {' '.join(_shown(argument) for argument in arguments)}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "lookalike", *arguments]
    status = subprocess.run(command, check=False, env=without_keys(os.environ)).returncode
    if status < 0:
        raise LaunchError("stopped")
    if status:
        raise LaunchError(f"the step `lookalike {arguments[0]}` failed; its message above says why")


def _show(address: str, bundles: Path) -> None:
    bundle = open_current(bundles)
    # A picture that was put over HTTP lies in the store.
    row = next((row for row in range(len(bundle.items)) if not is_stored(bundle.items.image(row))), 0)
    item_id = bundle.items.id(row)
    picture = Path(bundle.catalogue_root) / bundle.items.image(row)
    curl = "curl -H 'X-API-Key: YOUR-KEY'" if {API_KEYS, f"{API_KEYS}{FILE_SUFFIX}"} & os.environ.keys() else "curl"
    print(
        f"\nLookalike is ready: {len(bundle.items):,} items.\n\n"
        f"  The page     {address}/\n"
        f"  The API      {address}/docs\n\n"
        "  A photo in, look-alikes out:\n"
        f"  {curl} -F {shlex.quote(f'image=@{picture}')} {shlex.quote(f'{address}/similar?limit=3')}\n\n"
        "  The look-alikes of an item:\n"
        f"  {curl} {shlex.quote(f'{address}/items/{quote(item_id)}/similar?limit=3')}\n\n"
        "Ctrl-C stops everything.\n",
        flush=True,
    )


def _is_built_from(bundles: Path, embeddings: Path) -> bool:
    note = bundles / _BUILT_FROM
    try:
        return (
            bool(json.loads(note.read_text()) == _embeddings_fingerprint(embeddings)) and (bundles / "CURRENT").exists()
        )
    except (OSError, ValueError):
        return False


def _note_built_from(bundles: Path, embeddings: Path) -> None:
    (bundles / _BUILT_FROM).write_text(json.dumps(_embeddings_fingerprint(embeddings)))


def _embeddings_fingerprint(embeddings: Path) -> str:
    # With the format of bundles: after an upgrade the demo builds anew instead of stopping at an old bundle.
    return hashlib.sha256(FORMAT.encode() + (embeddings / "manifest.json").read_bytes()).hexdigest()


def _shown(argument: str) -> str:
    """A path below the working directory is shown short."""
    path = Path(argument)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        argument = str(path.relative_to(Path.cwd()))
    return shlex.quote(argument)
