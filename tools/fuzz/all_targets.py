"""Everything that is fuzzed."""

from collections.abc import Mapping
from typing import Final

from tools.fuzz.target import Target
from tools.fuzz.targets.bundles import BUNDLES
from tools.fuzz.targets.feeds import FEEDS
from tools.fuzz.targets.heads import HEADS
from tools.fuzz.targets.json_photos import JSON_PHOTOS
from tools.fuzz.targets.multipart import MULTIPART
from tools.fuzz.targets.pictures import PICTURES
from tools.fuzz.targets.queries import QUERIES
from tools.fuzz.targets.remembered import REMEMBERED
from tools.fuzz.targets.replies import REPLIES
from tools.fuzz.targets.tokens import TOKENS

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for target in (HEADS, QUERIES, MULTIPART, JSON_PHOTOS, PICTURES, REPLIES, REMEMBERED, BUNDLES, FEEDS, TOKENS)
}
