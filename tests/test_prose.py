"""README and docs/ stay in plain English, and their relative links lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PAGES = [
    REPOSITORY / "README.md",
    *sorted((REPOSITORY / "docs").rglob("*.md")),
    *sorted((REPOSITORY / "model" / "shipped").rglob("*.md")),
]

# Idiom that these pages once had, and what to say instead.
PLAIN = {
    r"\b(can(not)?|to) be had\b|\b(is|are) had\b": "exists, is available",
    r"\banew\b": "again",
    r"\bby hand\b": "manually; with a one-off script",
    r"\bheld against\b": "measured against, compared with",
    r"\bstrangers?\b": "untrusted clients; unlike anything in the gallery",
    r"\(must: ": "(target: ",
}
LONGEST_LINE = 200


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page outside fenced code, by number."""
    fenced = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(page: Path) -> set[str]:
    """The fragments of a page's headings, as GitHub makes them."""
    headings = (line.lstrip("#").strip().lower() for _, line in prose(page) if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_a_page_is_plain_english(page: Path) -> None:
    found = [
        f"{page}:{number}: {match.group()!r}; say: {instead}"
        for number, line in prose(page)
        for idiom, instead in PLAIN.items()
        if (match := re.search(idiom, line))
    ]
    found += [
        f"{page}:{number}: {len(line)} characters"
        for number, line in prose(page)
        if len(line) > LONGEST_LINE and not line.lstrip().startswith("|")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_its_links_lead_somewhere(page: Path) -> None:
    for number, line in prose(page):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, fragment = target.partition("#")
            linked = (page.parent / path).resolve() if path else page
            assert linked.exists(), f"{page}:{number}: {target}"
            assert not fragment or fragment in anchors(linked), f"{page}:{number}: {target}"


def test_the_index_leads_to_every_page() -> None:
    reached = {REPOSITORY / "docs" / "index.md"}
    waiting = list(reached)
    while waiting:
        page = waiting.pop()
        links = re.findall(r"\]\(([^)#\s:]+\.md)", page.read_text())
        new = {(page.parent / link).resolve() for link in links} - reached
        reached |= new
        waiting += [link for link in new if link.exists()]
    assert set(PAGES) <= reached
