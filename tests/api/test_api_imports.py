import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", ["api.app", "api.serving"])
def test_the_api_imports_nothing_heavy(module: str) -> None:
    program = f"import json, sys, {module}; print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(json.loads(done.stdout))
    assert "fastapi" in loaded
    assert not loaded & {"torch", "torchvision", "timm", "sklearn", "scipy", "model", "worker", "evaluation"}
