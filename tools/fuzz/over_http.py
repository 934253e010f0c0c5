"""`python -m tools.fuzz.over_http BUNDLES`: posts mutated pictures to a running service; none may harm it."""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from benchmarks.soak.requests import Answer, Question, ask
from benchmarks.soak.service import HOST, served
from tools.fuzz.all_targets import TARGETS
from tools.fuzz.mutation import mutated

# A busy service may refuse, if it says so.
_HONEST: Final = frozenset({200, 400, 413, 415, 422, 503, 504})
_PROCESSES: Final = ("worker", "api", "valkey-server")


def main() -> int:
    """Post them; returns 1 if an answer was none of those that a bad picture may get, or a process died."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz.over_http", description=__doc__)
    parser.add_argument("bundles", type=Path, metavar="BUNDLES", help="folder whose current bundle to serve")
    parser.add_argument("--pictures", type=int, default=20_000, metavar="N", help="(20000)")
    parser.add_argument("--clients", type=int, default=16, metavar="N", help="concurrent clients (16)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations (0)")
    options = parser.parse_args()
    seeds = TARGETS["pictures"].seeds()
    with served(options.bundles) as (service, port):
        before = [service.process(mark) for mark in _PROCESSES]

        def post(number: int) -> Answer:
            return ask(HOST, port, Question("photo", "POST", "/similar", _picture(seeds, options.seed, number)))

        with ThreadPoolExecutor(options.clients) as pool:
            answers = list(pool.map(post, range(options.pictures)))
        died = [mark for mark, pid in zip(_PROCESSES, before, strict=True) if service.process(mark) != pid]
    for status, count in sorted(Counter(answer.status for answer in answers).items()):
        print(f"{count:>7,} x {status or 'no answer'}")
    bad = [(number, answer) for number, answer in enumerate(answers) if answer.status not in _HONEST]
    for number, answer in bad[:10]:
        print(f"picture {number} of seed {options.seed}: {answer}")
    if died:
        print(f"died: {', '.join(died)}")
    return 1 if bad or died else 0


def _picture(seeds: Sequence[bytes], seed: int, number: int) -> bytes:
    """Each picture has a number, so that one can be made again by itself."""
    return mutated(seeds, random.Random(f"{seed} {number}"))  # noqa: S311 - draws inputs, no secrets


if __name__ == "__main__":
    sys.exit(main())
