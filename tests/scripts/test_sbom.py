"""Bills of materials and licences of the images: valid, complete, and nothing that forbids commercial use."""

import csv
import functools
import json
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cyclonedx.schema
import jsonschema_rs
import pytest

from scripts import write_sbom
from scripts.bill_of_materials import (
    IMAGES,
    QDRANT_LOCK,
    TRACING_LOCK,
    as_json,
    bill_of_materials,
    locked_packages,
    version_of,
)
from scripts.licence_list import LicenceError, licence_of, read_licences, refused_licences, said_by_package

REPOSITORY = Path(__file__).parents[2]
NOW = datetime(2026, 11, 27, tzinfo=UTC)
ALL = locked_packages((*(lock for locks in IMAGES.values() for lock in locks), TRACING_LOCK, QDRANT_LOCK))
LICENCES = read_licences()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sbom")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(int(NOW.timestamp())))
        assert write_sbom.main(["--out", str(out)]) == 0
    assert len(list(out.iterdir())) == 2 * len(IMAGES)
    return out


@functools.cache
def cyclonedx_schema() -> Any:
    """The strict schema of CycloneDX 1.6; the validator of its own library takes a minute for such a file."""
    files = Path(cyclonedx.schema.__file__).parent / "_res"
    names = (f"{name}.SNAPSHOT.schema.json" for name in ("bom-1.6", "spdx", "jsf-0.82"))
    main, *others = ((name, json.loads((files / name).read_text())) for name in names)
    # The schema names the others relative to itself.
    registry = jsonschema_rs.Registry([(f"http://cyclonedx.org/schema/{name}", schema) for name, schema in others])
    return jsonschema_rs.validator_for(main[1], registry=registry, validate_formats=True)


def bill(folder: Path, image: str) -> Any:
    return json.loads((folder / f"{image}.cdx.json").read_text())


@pytest.mark.parametrize("image", IMAGES)
def test_a_bill_is_valid_cyclonedx(image: str, folder: Path) -> None:
    described = bill(folder, image)
    assert (described["bomFormat"], described["specVersion"]) == ("CycloneDX", "1.6")
    cyclonedx_schema().validate(described)
    described["components"][0]["licenses"] = [{"license": {"id": "No-Such-Licence"}}]
    assert not cyclonedx_schema().is_valid(described)


@pytest.mark.parametrize("image", IMAGES)
def test_a_bill_has_every_package_that_the_image_installs(image: str, folder: Path) -> None:
    described = bill(folder, image)
    found = {part["name"]: part["version"] for part in described["components"]}
    assert found == {name: version_of(lines) for name, lines in locked_packages(IMAGES[image]).items()}
    for part in described["components"]:
        assert part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}"
        assert part["licenses"]
        files = {file["hashes"][0]["content"] for file in part["externalReferences"]}
        assert files == set(re.findall(r"sha256:(\w+)", ALL[part["name"]]))


def test_a_bill_says_who_needs_whom(folder: Path) -> None:
    needs = {each["ref"]: each.get("dependsOn", []) for each in bill(folder, "lookalike-api")["dependencies"]}
    names = {ref: {need.split("/")[-1].split("@")[0] for need in wanted} for ref, wanted in needs.items()}
    assert {"fastapi", "celery"} <= names["lookalike-api"]
    assert "vine" not in names["lookalike-api"]
    (celery,) = (wanted for ref, wanted in names.items() if "/celery@" in ref)
    assert {"kombu", "billiard", "vine"} <= celery
    reached, waiting = set(), ["lookalike-api"]
    while waiting:
        reached.add(ref := waiting.pop())
        waiting += [need for need in needs[ref] if need not in reached]
    assert reached == set(needs)


def test_the_images_of_the_dockerfiles_are_the_ones_that_are_described() -> None:
    installed = {
        name: set(re.findall(r"requirements/([a-z-]+\.lock)", (REPOSITORY / name).read_text()))
        for name in ("Dockerfile.api", "Dockerfile.gpu")
    }
    packing = {"build.lock", TRACING_LOCK, QDRANT_LOCK}
    assert installed["Dockerfile.api"] - packing == set(IMAGES["lookalike-api"])
    assert installed["Dockerfile.gpu"] - packing == set(IMAGES["lookalike-worker-cuda"])


def test_licences_are_listed_for_each_image(folder: Path) -> None:
    with (folder / "lookalike-worker-cuda-licences.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["package"] for row in rows] == sorted(locked_packages(IMAGES["lookalike-worker-cuda"]))
    assert all(refused_licences(row["licence"]) == [] for row in rows)


def test_every_locked_package_has_a_licence_and_no_other_is_listed() -> None:
    assert [licence_of(name, LICENCES).expression for name in ALL]
    assert set(LICENCES) == set(ALL)


def test_the_list_says_what_the_installed_packages_say() -> None:
    looked_at = 0
    for name, lines in ALL.items():
        try:
            same = version(name) == version_of(lines)
        except PackageNotFoundError:
            continue
        said = said_by_package(name)
        if same and said:
            looked_at += 1
            assert said == LICENCES[name].expression, name
        elif same:
            assert LICENCES[name].basis != "metadata", name
    assert looked_at > 0


@pytest.mark.parametrize(
    ("expression", "refused"),
    [
        ("MIT", []),
        ("MIT AND Apache-2.0 WITH LLVM-exception", []),
        ("GPL-3.0-only OR MIT", []),
        ("CC-BY-NC-4.0", ["CC-BY-NC-4.0"]),
        ("MIT AND CC-BY-NC-4.0", ["CC-BY-NC-4.0"]),
        ("MIT AND (BUSL-1.1 OR Elastic-2.0)", ["BUSL-1.1", "Elastic-2.0"]),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only WITH Classpath-exception-2.0"]),
        ("LicenseRef-Research-Only", ["LicenseRef-Research-Only"]),
        ("MIT AND", ["MIT AND"]),
    ],
)
def test_only_allowed_licences_pass(expression: str, refused: list[str]) -> None:
    assert refused_licences(expression) == refused


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("a,CC-BY-NC-4.0,metadata", "a has CC-BY-NC-4.0, which is not among the licences"),
        ("a,MIT,metadata\na,MIT,metadata", "a must have one line"),
        ("a,MIT", "a must have one line: package,licence,basis"),
        (",MIT,metadata", "a package must have one line"),
    ],
)
def test_a_wrong_list_is_a_sentence(lines: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "licences.csv").write_text(f"package,licence,basis\n{lines}\n")
    with pytest.raises(LicenceError, match=re.escape(said)):
        read_licences(tmp_path / "licences.csv")


def test_a_package_without_a_line_is_named_with_what_it_says() -> None:
    with pytest.raises(LicenceError, match=r"no line for pydantic; read its licence, and add `pydantic,MIT,metadata`"):
        licence_of("pydantic", {})
    with pytest.raises(LicenceError, match="no line for no-such-package"):
        licence_of("no-such-package", {})


def test_the_same_packages_at_the_same_time_give_the_same_file(folder: Path) -> None:
    few = {name: ALL[name] for name in ("celery", "kombu", "vine")}
    bills = [bill_of_materials("a", packages, LICENCES, NOW) for packages in (few, dict(reversed(few.items())))]
    assert as_json(bills[0]) == as_json(bills[1])
    assert bill(folder, "lookalike-api")["metadata"]["timestamp"] == NOW.isoformat()
