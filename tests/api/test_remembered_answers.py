"""What is kept of the answers, whoever asks for what."""

import threading

from api.http.finished_answer import FinishedAnswer
from api.items.remembered_answers import RememberedAnswers

MEMORY = 1024 * 1024
ANSWER = FinishedAnswer(b"x" * 4000)
ETAG = '"tag"'
ROUTE = object()


def ask(answers: RememberedAnswers, name: str) -> bool:
    """Ask as a request does; returns whether the answer was known."""
    key = (f"/items/{name}/similar", b"")
    if answers.get(key) is not None:
        return True
    answers.put(key, ANSWER, ETAG, ROUTE)
    return False


def test_a_question_is_answered_from_memory_the_second_time() -> None:
    answers = RememberedAnswers(MEMORY)
    assert not ask(answers, "a")
    found = answers.get(("/items/a/similar", b""))
    assert found is not None
    assert (found.answer, found.etag, found.route) == (ANSWER, ETAG, ROUTE)
    assert answers.get(("/items/a/similar", b"limit=1")) is None


def test_a_crawler_displaces_nothing_that_was_asked_for_twice() -> None:
    answers = RememberedAnswers(MEMORY)
    popular = [f"popular-{number}" for number in range(100)]
    for name in popular:
        ask(answers, name)
        ask(answers, name)
    for number in range(5000):
        ask(answers, f"crawled-{number}")
        assert answers.used_bytes <= MEMORY
    assert all(ask(answers, name) for name in popular)
    # What the crawler asked for last is all that is kept of it.
    assert ask(answers, "crawled-4999")
    assert not ask(answers, "crawled-0")


def test_what_was_asked_for_twice_makes_room_for_what_is_asked_for_now() -> None:
    answers = RememberedAnswers(MEMORY)
    for day in ("monday", "tuesday"):
        names = [f"{day}-{number}" for number in range(150)]
        for name in names:
            ask(answers, name)
            ask(answers, name)
        assert all(ask(answers, name) for name in names)
        assert answers.used_bytes <= MEMORY


def test_empty_answers_are_counted_too() -> None:
    answers = RememberedAnswers(MEMORY)
    for number in range(5000):
        answers.put((f"/items/{number}/similar", b""), FinishedAnswer(b""), ETAG, ROUTE)
    assert len(answers) <= MEMORY // 1024


def test_one_large_answer_does_not_displace_many_small_ones() -> None:
    answers = RememberedAnswers(MEMORY)
    ask(answers, "small")
    answers.put(("/items/large/similar", b""), FinishedAnswer(b"x" * (MEMORY // 50)), ETAG, ROUTE)
    assert answers.get(("/items/large/similar", b"")) is None
    assert ask(answers, "small")


def test_without_memory_nothing_is_kept() -> None:
    answers = RememberedAnswers(0)
    assert not ask(answers, "a")
    assert not ask(answers, "a")
    assert (len(answers), answers.used_bytes) == (0, 0)


def test_threads_may_ask_at_once() -> None:
    answers = RememberedAnswers(MEMORY // 8)

    def many(start: int) -> None:
        for number in range(2000):
            ask(answers, str((start + number * 7) % 60))

    threads = [threading.Thread(target=many, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [*answers._new.entries.values(), *answers._asked_again.entries.values()]
    assert answers.used_bytes == sum(entry.size for entry in kept) <= MEMORY // 8
    assert not answers._new.entries.keys() & answers._asked_again.entries.keys()


def test_packed_forms_are_kept_within_the_same_memory() -> None:
    answers = RememberedAnswers(MEMORY)
    for name in map(str, range(60)):
        ask(answers, name)
        answers.put_piece((f"/items/{name}/similar", b""), "gzip", b"asked for once: not kept")
        ask(answers, name)
        key = (f"/items/{name}/similar", b"")
        before = answers.used_bytes
        for _ in range(2):
            answers.put_piece(key, "gzip", b"x" * 1000)
            answers.put_piece(key, "zstd", b"y" * 900)
        assert answers.used_bytes == before + 1900
    found = answers.get(("/items/59/similar", b""))
    assert found is not None
    assert found.pieces == {"gzip": b"x" * 1000, "zstd": b"y" * 900}
    for name in map(str, range(60)):
        answers.put_piece((f"/items/{name}/similar", b""), "br", b"z" * 40_000)  # type: ignore[arg-type]
        assert answers.used_bytes <= MEMORY
    answers.put_piece(("/items/unknown/similar", b""), "gzip", b"x")
    assert answers.get(("/items/unknown/similar", b"")) is None
