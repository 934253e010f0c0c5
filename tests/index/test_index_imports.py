import subprocess
import sys

LIGHT = ", ".join(
    (
        "index.bundle",
        "storage.embeddings_folder",
        "index.listing",
        "index.building",
        "index.versions.promotion",
        "index.part_searcher",
    )
)
HEAVY = {"sklearn", "scipy", "torch", "PIL", "redis", "celery", "fastapi"}


def test_opening_and_searching_needs_numpy_and_orjson_alone() -> None:
    program = f"import {LIGHT}, sys; print('\\n'.join(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded = {name.partition(".")[0] for name in printed.splitlines()}
    assert "index" in loaded
    assert loaded & HEAVY == set()
