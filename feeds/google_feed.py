"""Reads Google Merchant feeds in XML: RSS 2.0 and Atom, with attributes of the namespace `g:`."""

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from contracts.errors import FeedError
from contracts.items import MISSING_VALUES
from contracts.text_form import one_form
from feeds.checking import RowChecker, bad_row
from feeds.google_items import GoogleItems, RawItem
from feeds.google_names import LEFT_OUT, google_name
from feeds.head import Head
from feeds.limits import MAX_TAG_BYTES
from feeds.names import ID, IMAGE_NAMES, Names
from feeds.options import ReadingOptions
from feeds.rows import BadRow, FeedRow
from feeds.text import open_text

_CHUNK_CHARACTERS: Final = 2**16
_DECLARED: Final = re.compile(r"\A\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# Encodings that an XML file may declare; the others could hide what it holds.
_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "utf-16": "utf-8",  # with a byte order mark it is read as such, and without one it is not
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "cp1252": "windows-1252",
}
# Bytes that are no UTF-8 are read as U+DCNN, which is no character of XML; these stand for them while it is parsed.
_STRAY_TO_PRIVATE: Final = {0xDC00 + byte: 0x10F700 + byte for byte in range(0x80, 0x100)}
_PRIVATE_TO_STRAY: Final = {private: stray for stray, private in _STRAY_TO_PRIVATE.items()}


def read_google_xml(options: ReadingOptions, _head: Head) -> Iterator[FeedRow | BadRow]:
    """The items of a Google Merchant feed.

    Raises:
        FeedError: it is no such feed, is not well-formed, is cut off, or holds a document type, which may define
            entities. The items before are returned first.
    """
    names = Names(options.mapping, google_name, LEFT_OUT)
    checker = RowChecker(needs_picture=options.needs_picture)
    for item, has_stray in _items(options):
        yield _row(item, names, checker, has_stray=has_stray)


def _items(options: ReadingOptions) -> Iterator[tuple[RawItem, bool]]:
    """Each item, and whether its texts may hold characters that stand for bytes."""
    found = GoogleItems(options.path)
    parser = _parser(found)
    fed = 0
    has_stray = False
    with open_text(options.path, encoding=_encoding(options)) as stream:
        skipped_lines = 0
        while True:
            chunk = stream.read(_CHUNK_CHARACTERS)
            if not fed:
                # Some shop systems write empty lines before the declaration, which must come first.
                stripped = chunk.lstrip()
                skipped_lines = chunk.count("\n", 0, len(chunk) - len(stripped))
                chunk = stripped
            is_stray, data = _encoded(chunk)
            has_stray = has_stray or is_stray
            fed += len(data)
            problem: FeedError | None = None
            try:
                parser.Parse(data, not chunk)
            except expat.ExpatError as error:
                problem = _problem(options, error, skipped_lines, cut=not chunk)
            except FeedError as error:
                problem = error
            for item in found.take():
                yield item, has_stray
            if problem is not None:
                raise problem
            if not chunk:
                return
            if fed - parser.CurrentByteIndex > MAX_TAG_BYTES + len(data):
                raise FeedError(
                    f"{options.path}, line {parser.CurrentLineNumber}: a tag or comment has over {MAX_TAG_BYTES:,} "
                    "bytes; have the feed written again"
                )


def _parser(found: GoogleItems) -> expat.XMLParserType:
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = 2**16
    parser.StartDoctypeDeclHandler = found.refuse_doctype
    parser.EntityDeclHandler = found.refuse_doctype
    parser.ExternalEntityRefHandler = found.refuse_doctype
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.text
    return parser


def _encoded(chunk: str) -> tuple[bool, bytes]:
    try:
        return False, chunk.encode()
    except UnicodeEncodeError:
        return True, chunk.translate(_STRAY_TO_PRIVATE).encode()


def _encoding(options: ReadingOptions) -> str:
    with open_text(options.path) as stream:
        declared = _DECLARED.match(stream.read(1024))
    if declared is None:
        return "utf-8"
    encoding = _ENCODINGS.get(declared.group(1).lower())
    if encoding is None:
        raise FeedError(f"{options.path} is in the encoding {declared.group(1)}, which is not read; save it as UTF-8")
    return encoding


def _problem(options: ReadingOptions, error: expat.ExpatError, skipped_lines: int, *, cut: bool) -> FeedError:
    place = f"{options.path}, line {error.lineno + skipped_lines}"
    if cut:
        return FeedError(f"{place}: the feed ends before its last element does, so it was cut off; fetch it again")
    reason = expat.ErrorString(error.code) or "unknown error"
    hint = {
        expat.errors.XML_ERROR_UNDEFINED_ENTITY: "write the character itself, or its number, such as &#160;",
        expat.errors.XML_ERROR_UNBOUND_PREFIX: 'declare xmlns:g="http://base.google.com/ns/1.0" in the first element',
    }.get(reason, "correct it there, or have the feed written again")
    return FeedError(f"{place}: this is no well-formed XML ({reason}); {hint}")


def _row(item: RawItem, names: Names, checker: RowChecker, *, has_stray: bool) -> FeedRow | BadRow:
    values = {**item.plain, **item.google}
    if has_stray:
        values = {name: [text.translate(_PRIVATE_TO_STRAY) for text in texts] for name, texts in values.items()}
    item_id = ""
    pictures: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for name, texts in values.items():
        target = names.target(name)
        if target is None:
            continue
        if target == ID:
            item_id = texts[0]
        elif target in IMAGE_NAMES:
            pictures[target] = texts[0]
        else:
            formed = one_form(texts[0]) if len(texts) == 1 else "|".join(map(one_form, texts))
            if formed not in MISSING_VALUES:
                attributes[target] = formed
    if item.problem is not None:
        return bad_row(item.number, one_form(item_id) or None, "row_too_long", item.problem)
    picture = next((pictures[name] for name in IMAGE_NAMES if name in pictures), "")
    return checker.row(item.number, item_id, picture, attributes)
