"""A CycloneDX bill of materials of an image: its packages, with hashes and licences, and which needs which."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from lookalike import __version__
from scripts.licence_list import Licence, licence_of
from scripts.lock_versions import FOLDER, split

# What each image installs, as the Dockerfiles say.
IMAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "lookalike-api": ("base.lock",),
    "lookalike-worker-cpu": ("base.lock", "worker.lock"),
    "lookalike-worker-cuda": ("base.lock", "worker.lock", "train.lock", "torch-cuda.lock"),
}
TRACING_LOCK: Final = "otel.lock"
QDRANT_LOCK: Final = "qdrant.lock"

_PROJECT: Final = "lookalike"
_OUR_LICENCE: Final = "Apache-2.0"
_NAMESPACE: Final = uuid.UUID("6f6b6c69-6b65-4c6f-8f6b-616c696b6500")


def locked_packages(locks: tuple[str, ...], folder: Path = FOLDER) -> dict[str, str]:
    """The lines of each package that some lock files name; one that two of them name has the same version in both."""
    return {name: lines for lock in locks for name, lines in split((folder / lock).read_text()).items()}


def version_of(lines: str) -> str:
    """The version in a package's lines of a lock file."""
    return lines.split("==", 1)[1].split(maxsplit=1)[0]


def bill_of_materials(image: str, packages: Mapping[str, str], licences: Mapping[str, Licence], now: datetime) -> Bom:
    """Describe an image.

    Args:
        image: its name.
        packages: the lines of a lock file for each package that it installs.
        licences: those of all packages.
        now: when this is written.

    Returns:
        The same for the same image, but for its time.

    Raises:
        LicenceError: the list of licences lacks a package.
    """
    bom = Bom(serial_number=uuid.uuid5(_NAMESPACE, "\n".join([image, __version__, *sorted(packages.values())])))
    bom.metadata.timestamp = now
    bom.metadata.component = root = Component(
        name=image,
        version=__version__,
        type=ComponentType.CONTAINER,
        bom_ref=image,
        licenses=[LicenseFactory().make_from_string(_OUR_LICENCE)],
    )
    components = {
        name: _component(name, lines, licence_of(name, licences).expression) for name, lines in packages.items()
    }
    bom.components.update(components.values())
    needed_by: dict[str, set[Component]] = {name: set() for name in packages}
    direct = set()
    for name, lines in packages.items():
        parents = [parent for parent in _parents(lines) if parent in packages]
        for parent in parents:
            needed_by[parent].add(components[name])
        if not parents or _PROJECT in _parents(lines):
            direct.add(components[name])
    for name, needs in needed_by.items():
        bom.register_dependency(components[name], needs)
    bom.register_dependency(root, direct)
    return bom


def as_json(bom: Bom) -> str:
    """CycloneDX 1.6 as JSON."""
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _component(name: str, lines: str, licence: str) -> Component:
    version = version_of(lines)
    # One hash for each file of this version: which one is installed depends on the machine.
    files = [
        ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(f"pkg:pypi/{name}@{version}#{digest}"),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        )
        for digest in re.findall(r"--hash=sha256:([0-9a-f]{64})", lines)
    ]
    purl = PackageURL("pypi", None, name, version)
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseFactory().make_from_string(licence)],
        external_references=files,
    )


def _parents(lines: str) -> list[str]:
    """The packages that need one, by the comments that `uv` writes below it."""
    return re.findall(r"^    #(?: via|  ) +([a-z0-9][a-z0-9._-]*)", lines, flags=re.MULTILINE)
