"""The formats of product feeds."""

from typing import Literal, get_args

FeedFormat = Literal["csv", "ndjson", "google-xml", "google-tsv", "shopify-csv"]
FEED_FORMATS: tuple[FeedFormat, ...] = get_args(FeedFormat)
