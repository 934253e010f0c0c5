"""Reads a Dockerfile as far as ours go: stages, instructions, continued lines, exec form."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCKERFILES = ("Dockerfile.api", "Dockerfile.gpu")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: `COPY`, and all that follows it on its continued line."""

    keyword: str
    arguments: str

    def exec_form(self) -> list[str]:
        """The arguments of `CMD [...]`, or of the `CMD [...]` in a HEALTHCHECK."""
        words = json.loads(self.arguments[self.arguments.index("[") :])
        assert all(isinstance(word, str) for word in words)
        return list(words)


def stages(name: str) -> list[list[Instruction]]:
    """The instructions of a Dockerfile of ours, a list for each stage, FROM first."""
    found: list[list[Instruction]] = []
    for instruction in _instructions((REPOSITORY / name).read_text()):
        if instruction.keyword == "FROM":
            found.append([])
        if found:
            found[-1].append(instruction)
    return found


def base_image(name: str) -> str:
    """The default of the one ARG before the first stage, which every FROM names."""
    first = next(_instructions((REPOSITORY / name).read_text()))
    assert first.keyword == "ARG"
    variable, _, image = first.arguments.partition("=")
    assert variable == "PYTHON_IMAGE"
    assert {only(stage, "FROM").arguments.split()[0] for stage in stages(name)} == {"${PYTHON_IMAGE}"}
    return image


def copied(stage: list[Instruction]) -> list[str]:
    """What a stage copies from the checkout."""
    return [
        source
        for instruction in stage
        if instruction.keyword == "COPY" and not instruction.arguments.startswith("--from")
        for source in instruction.arguments.split()[:-1]
    ]


def only(stage: list[Instruction], keyword: str) -> Instruction:
    """The one instruction of a kind."""
    (instruction,) = [instruction for instruction in stage if instruction.keyword == keyword]
    return instruction


def runs(stage: list[Instruction]) -> list[Instruction]:
    """The RUN instructions of a stage."""
    return [instruction for instruction in stage if instruction.keyword == "RUN"]


def environment(stage: list[Instruction]) -> dict[str, str]:
    """What a stage sets by ENV."""
    return {
        name: value
        for instruction in stage
        if instruction.keyword == "ENV"
        for name, value in (pair.split("=", 1) for pair in instruction.arguments.split())
    }


def _instructions(text: str) -> Iterator[Instruction]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", "", "\n".join(lines)).splitlines():
        if line.strip():
            keyword, arguments = line.split(maxsplit=1)
            yield Instruction(keyword, arguments)
