"""Warns of a Redis that drops what it was given when its memory is full."""

import logging
from collections.abc import Mapping
from typing import Any, Final

logger = logging.getLogger(__name__)

_KEPT: Final = "noeviction"


class EvictionWarning:
    """Writes a line when the policy is first seen, and whenever it changes."""

    def __init__(self) -> None:
        self._policy = _KEPT

    def note(self, memory: Mapping[str, Any]) -> None:
        """Look at the section `memory` of Redis's INFO."""
        policy = str(memory.get("maxmemory_policy", _KEPT))
        if policy == self._policy:
            return
        self._policy = policy
        if policy == _KEPT:
            logger.warning("Redis's eviction policy is %s again", policy)
        else:
            logger.warning(
                "Redis's eviction policy is %.40s: when its memory is full, it drops photos, jobs and results unseen; "
                "set maxmemory-policy %s",
                policy,
                _KEPT,
            )
