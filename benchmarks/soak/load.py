"""The load of a soak: clients that ask all the time, and what came of their questions."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from benchmarks.soak.requests import Answer, Question, Verdict, ask, judge

# Of a hundred questions. A bad picture is rare, and must cost no other.
SHARES: Final = {"item": 90, "photo": 9, "bad picture": 1}
# The deadline of a photo, and what a busy machine may add.
_IN_TIME_S: Final = 10.0 + 2.0
# Of a client, between two requests: this looks for faults, not for speed.
_PAUSE_S: Final = 0.02
_JPEG: Final = b"\xff\xd8\xff"
# Share of the JPEGs that are sent with bytes behind their end, where decoders look no more.
_OTHER_BYTES: Final = 0.5


@dataclass(slots=True)
class Outcomes:
    """What came of the questions during one fault.

    Attributes:
        verdicts: number of answers, by (kind of question, verdict).
        late: answers that came after the deadline.
        wrong: a sentence about each wrong answer.
    """

    verdicts: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    late: int = 0
    wrong: list[str] = field(default_factory=list)

    def total(self, verdict: Verdict) -> int:
        """Number of answers, of all kinds of question."""
        return sum(count for (_, its), count in self.verdicts.items() if its == verdict)


class Load:
    """Clients that ask one question after the other, drawn by `SHARES`.

    Args:
        host, port: of the API.
        recorded: the answers when all was well.
        clients: number of threads.
        seed: of the draws.

    Attributes:
        outcomes: where answers are counted now; `next_outcomes` replaces it.
    """

    def __init__(self, host: str, port: int, recorded: Mapping[Question, Answer], *, clients: int, seed: int) -> None:
        self._host, self._port, self._recorded = host, port, recorded
        self._by_kind = {kind: [one for one in recorded if one.kind == kind] for kind in SHARES}
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(f"{seed} {n}",)) for n in range(clients)]
        self.outcomes = Outcomes()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask inside the block."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def next_outcomes(self) -> Outcomes:
        """Count in a new object from now on; returns it."""
        with self._lock:
            self.outcomes = Outcomes()
            return self.outcomes

    def _run(self, seed: str) -> None:
        chance = random.Random(seed)  # noqa: S311 - draws requests, no secrets
        kinds, shares = list(SHARES), list(SHARES.values())
        while not self._stop.is_set():
            question = chance.choice(self._by_kind[chance.choices(kinds, shares)[0]])
            started = time.monotonic()
            answer = ask(self._host, self._port, _sent(question, chance))
            self._count(question, answer, time.monotonic() - started)
            time.sleep(_PAUSE_S)

    def _count(self, question: Question, answer: Answer, took_s: float) -> None:
        verdict = judge(answer, self._recorded[question])
        with self._lock:
            self.outcomes.verdicts[question.kind, verdict] += 1
            self.outcomes.late += took_s > _IN_TIME_S
            if verdict == "wrong":
                self.outcomes.wrong.append(
                    f"{question.method} {question.path}: {answer} instead of {self._recorded[question]}"
                )


def _sent(question: Question, chance: random.Random) -> Question:
    """The question, or one with other bytes and the same answer, so that not every photo is answered from a cache."""
    if (
        question.kind == "photo"
        and question.body
        and question.body.startswith(_JPEG)
        and chance.random() < _OTHER_BYTES
    ):
        return replace(question, body=question.body + chance.randbytes(8))
    return question
