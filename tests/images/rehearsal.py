"""Runs an image's build on this machine, in a folder, as far as it goes without a container."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.images.dockerfile import REPOSITORY, Instruction, copied, environment, only, stages


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The folders that stand for an image's `/source`, `/opt/lookalike`, `/app` and volumes.

    Attributes:
        name: of the Dockerfile.
        root: folder that all of them lie in.
    """

    name: str
    root: Path

    def here(self, text: str) -> str:
        """A text of the image with its folders replaced by ours."""
        for folder in ("/opt/lookalike", "/source", "/app", "/bundles", "/machine-code", "/thumbnails"):
            text = text.replace(folder, str(self.root / folder.rsplit("/", 1)[1]))
        return text

    def copy(self, stage: list[Instruction]) -> None:
        """What COPY does, into the stage's WORKDIR."""
        workdir = Path(self.here(only(stage, "WORKDIR").arguments))
        workdir.mkdir(parents=True)
        for source in copied(stage):
            if (REPOSITORY / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
                shutil.copytree(REPOSITORY / source, workdir / source, ignore=ignored)
            else:
                shutil.copy(REPOSITORY / source, workdir)

    def run(
        self, instruction: Instruction, workdir: str, *, path: Path | None = None, **arguments: str
    ) -> "subprocess.CompletedProcess[str]":
        """What RUN does.

        Args:
            instruction: of the build.
            workdir: as in the image.
            path: folder of programs that come before all others; else that of this Python.
            arguments: the stage's ARGs.
        """
        programs = f"{path or Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["/bin/sh", "-c", self.here(instruction.arguments)],
            cwd=self.here(workdir),
            # Compiling all that is installed would take as long as installing it.
            env={**os.environ, "PATH": programs, "PIP_NO_COMPILE": "1", **arguments},
            capture_output=True,
            text=True,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """What a process in the finished image sees, but for `PATH`, which goes on with ours."""
        ours = {name: self.here(value) for name, value in environment(stages(self.name)[-1]).items()}
        return {**ours, "HOME": str(self.root), "PATH": ours["PATH"].replace("$PATH", os.environ["PATH"])}
