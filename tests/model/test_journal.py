import hashlib
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import EmbeddingsError
from model.journal import EmbeddingJournal


def keys(count: int) -> list[bytes]:
    return [hashlib.sha256(bytes([i])).digest() for i in range(count)]


def embeddings(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(4).standard_normal((count, 512)).astype(np.float32)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "journal.bin"
    with EmbeddingJournal(path, "net-1") as journal:
        journal.append(keys(5)[:2], embeddings(5)[:2])
        journal.append(keys(5)[2:], embeddings(5)[2:])
    return path


def recovered(path: Path) -> dict[bytes, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    with EmbeddingJournal(path, "net-1") as journal:
        return journal.recovered


def test_what_was_appended_comes_back(written: Path) -> None:
    found = recovered(written)
    assert list(found) == keys(5)
    assert np.array_equal(np.stack(list(found.values())), embeddings(5))


def test_a_journal_cut_at_any_byte_gives_its_whole_records_and_goes_on(written: Path) -> None:
    data = written.read_bytes()
    for cut in [0, 1, 100, 128, 129, 2000, len(data) // 2, len(data) - 2084, len(data) - 1]:
        written.write_bytes(data[:cut])
        whole = max(0, cut - 128) // 2084
        with EmbeddingJournal(written, "net-1") as journal:
            assert list(journal.recovered) == keys(5)[:whole]
            journal.append(keys(6)[5:], embeddings(1))
        assert list(recovered(written)) == [*keys(5)[:whole], *keys(6)[5:]]


def test_a_flipped_bit_ends_what_is_recovered(written: Path) -> None:
    data = bytearray(written.read_bytes())
    data[128 + 2084 * 2 + 700] ^= 1
    written.write_bytes(data)
    assert list(recovered(written)) == keys(5)[:2]


def test_another_models_journal_is_refused(written: Path) -> None:
    with pytest.raises(EmbeddingsError, match="another network"):
        EmbeddingJournal(written, "net-2")


def test_a_deleted_journal_is_gone(written: Path) -> None:
    with EmbeddingJournal(written, "net-1") as journal:
        journal.delete()
    assert not written.exists()
