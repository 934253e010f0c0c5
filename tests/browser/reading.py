"""What stands on the page, read from the page."""

from playwright.sync_api import Locator, Page, expect


def card_ids(page: Page) -> list[str]:
    """Ids of the cards in their order."""
    found: list[str] = page.locator("#grid .card").evaluate_all("cards => cards.map(card => card.dataset.id)")
    return found


def scores(page: Page) -> list[float]:
    """Scores of the cards in their order."""
    return [float(text.split()[-1]) for text in page.locator("#grid .score-words").all_inner_texts()]


def wait_for_results(page: Page) -> None:
    """Until look-alikes are there and nothing is under way."""
    expect(page.locator("#grid .score").first).to_be_visible()
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")


def filter_button(page: Page, column: str) -> Locator:
    """The button that opens the panel of a filter."""
    return page.get_by_role("group", name="Filters").get_by_role("button", name=column)


def choose_value(page: Page, column: str, value: str) -> None:
    """Tick a value in the panel of a filter, and close the panel."""
    filter_button(page, column).click()
    panel = page.get_by_role("dialog", name=f"Filter by {column}")
    panel.get_by_role("checkbox", name=value).check()
    panel.get_by_role("button", name="Done").click()
    expect(panel).to_be_hidden()
