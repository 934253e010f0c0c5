"""Embeddings, journals, checkpoints, messages, tokens: older ones are read, newer ones are refused with a sentence."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from api.embedding.remembered_entry import pack_entry, unpack_entry
from api.http.problems import ServiceProblem
from api.items import query_token
from api.items.query_token import read_token
from catalogue.schema import REVISIONS
from contracts.embedding_job import EmbedJob
from contracts.embedding_reply import Embedded, parse_reply
from contracts.errors import EmbeddingsError, ModelError
from engines.postgresql.tables import LAYOUT
from index.bundle_manifest import FORMAT as BUNDLE
from index.bundle_manifest import FORMATS_READ
from model.description import DESCRIPTION, read_description
from model.description import FORMAT as CHECKPOINT
from model.journal import JOURNAL, EmbeddingJournal
from storage.embeddings_folder import FORMAT as EMBEDDINGS
from storage.embeddings_folder import read_embeddings, write_embeddings
from storage.sealed_json import parse_sealed, render_sealed
from tests.api.query_tokens import content_of, drawn_token, sealed
from tests.compatibility.older import older_embeddings
from tests.drawn_sets import MakeSet

PAGE = Path(__file__).parents[2] / "docs" / "upgrading.md"
JOB = "0123456789abcdef" * 2
MODEL = "fake-0123456789ab"


def test_embeddings_of_the_first_format_are_the_same(tmp_path: Path, make_set: MakeSet) -> None:
    write_embeddings(tmp_path, make_set(12))
    now = read_embeddings(tmp_path)
    older_embeddings(tmp_path)
    older = read_embeddings(tmp_path)
    assert (older.items, older.model.version, older.model.parts) == (now.items, now.model.version, now.model.parts)
    np.testing.assert_array_equal(older.embeddings, now.embeddings)


def test_newer_embeddings_are_refused(tmp_path: Path, make_set: MakeSet) -> None:
    write_embeddings(tmp_path, make_set(3))
    fields = parse_sealed((tmp_path / "manifest.json").read_bytes())
    (tmp_path / "manifest.json").write_bytes(render_sealed({**fields, "format": "lookalike-embeddings-3", "more": 1}))
    with pytest.raises(EmbeddingsError, match=r"has the format 'lookalike-embeddings-3'.*into a new folder"):
        read_embeddings(tmp_path)


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    newer = b"lookalike journal 2 anything".ljust(300, b"\1")
    path.write_bytes(newer)
    with pytest.raises(EmbeddingsError, match="was begun by another version of Lookalike; finish the extraction with"):
        EmbeddingJournal(path, MODEL)
    assert path.read_bytes() == newer


def test_a_checkpoint_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / DESCRIPTION).write_text(json.dumps({"format": CHECKPOINT + 1, "of_tomorrow": {}}))
    with pytest.raises(ModelError, match=r"has format 2, and this version .* reads 1; install the version that wrote"):
        read_description(tmp_path)


def test_a_message_of_the_first_version_is_a_job() -> None:
    """It had no headers, and no part of the picture."""
    job = EmbedJob.from_message({}, JOB, "reply:1")
    assert job == EmbedJob(JOB, "reply:1", None)


def test_what_a_newer_api_says_in_headers_is_passed_over() -> None:
    newer = {**EmbedJob(JOB, "reply:1", None, detect=True).to_headers(), "lookalike_of_tomorrow": {"a": 1}}
    assert EmbedJob.from_message(newer, JOB, "reply:1").detect
    assert set(EmbedJob(JOB, "reply:1", None).to_kwargs()) == {"job_id", "reply_to", "box"}


def replied() -> Embedded:
    return Embedded(JOB, MODEL, np.linspace(-1, 1, 512, dtype=np.float32), 60, 80, 1.0, 2.0)


def test_replies_of_both_neighbours_are_read() -> None:
    """An older worker says nothing of garments, a newer one says more."""
    reply = json.loads(replied().to_bytes())
    assert "objects" not in reply
    for members in (reply, {**reply, "of_tomorrow": [1, 2]}):
        read = parse_reply(json.dumps(members).encode())
        assert isinstance(read, Embedded)
        assert read.objects is None
        assert read.embedding.tobytes() == replied().embedding.tobytes()


def test_what_another_version_remembers_of_a_photo_is_a_miss() -> None:
    name = bytes(32)
    entry = pack_entry(replied(), name, b"")
    assert entry is not None
    assert unpack_entry(entry, name, b"", model_version=MODEL) is not None
    for other in (entry[:-1], entry + b"more", entry[1:], b"", b"\2" + entry):
        assert unpack_entry(other, name, b"", model_version=MODEL) is None


def test_a_token_of_another_format_is_outdated() -> None:
    token = drawn_token()
    assert read_token(token, model_version=MODEL).width
    content = content_of(token)
    assert content[0] == query_token._FORMAT == 1
    with pytest.raises(ServiceProblem) as refused:
        read_token(sealed(b"\2" + content[1:]), model_version=MODEL)
    assert refused.value.code == "token_outdated"
    assert "send the photo again" in refused.value.detail


def test_the_page_says_what_the_code_reads() -> None:
    rows = {cells[1].strip(): cells for line in PAGE.read_text().splitlines() if len(cells := line.split("|")) > 5}
    assert f"`{EMBEDDINGS}`" in rows["embeddings"][3]
    assert f"`{BUNDLE}`" in rows["bundle"][3]
    first, last = (re.fullmatch(r".*-(\d+)", FORMATS_READ[place]) for place in (0, -1))
    assert first is not None
    assert last is not None
    assert rows["bundle"][4].strip() == f"{first[1]} to {last[1]}"
    assert rows["checkpoint"][4].strip() == str(CHECKPOINT)
    assert rows["database"][3].strip() == REVISIONS[-1]
    assert rows["database"][4].strip() == ", ".join(REVISIONS)
    assert rows["search engine, PostgreSQL"][4].strip() == str(LAYOUT)
