"""LOOKALIKE_CACHE_CONTROL."""

import pytest

from api.cache_control_setting import checked_cache_control, for_one_client
from api.settings import read_settings
from contracts.errors import LaunchError


@pytest.mark.parametrize(
    ("given", "kept", "with_keys"),
    [
        ("no-cache", "no-cache", "private, no-cache"),
        ("", "", ""),
        (" , ", "", ""),
        (
            "Public, MAX-AGE=60,stale-while-revalidate=600",
            "public, max-age=60, stale-while-revalidate=600",
            "private, max-age=60, stale-while-revalidate=600",
        ),
        ("s-maxage=600", "s-maxage=600", "private"),
        ("max-age=60, private", "max-age=60, private", "max-age=60, private"),
        ("no-store", "no-store", "no-store"),
        ("max-age=60, must-revalidate", "max-age=60, must-revalidate", "private, max-age=60, must-revalidate"),
    ],
)
def test_with_keys_shared_caches_keep_nothing(given: str, kept: str, with_keys: str) -> None:
    assert checked_cache_control(given) == kept
    assert for_one_client(kept) == with_keys


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("max_age=60", "'max_age=60' is no directive"),
        ("max-age", "'max-age' is no directive"),
        ("max-age=", "max-age=SECONDS"),
        ("max-age=-1", "no directive"),
        ("max-age=60s", "no directive"),
        ("max-age=1e9", "no directive"),
        ("public=1", "'public=1' is no directive"),
        ("public; max-age=60", "no directive"),
        ("max-age=60, max-age=61", "max-age is given more than once"),
        ("public, private", "contradict"),
        ("no-store, max-age=60", "no-store contradicts"),
        ("no-cache\r\nSet-Cookie: x=1", "no directive"),
        ("max-age=\u0661", "no directive"),
    ],
)
def test_what_makes_no_sense_stops_the_start(given: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=told):
        checked_cache_control(given)
    monkeypatch.setenv("LOOKALIKE_CACHE_CONTROL", given)
    with pytest.raises(LaunchError, match=f"LOOKALIKE_CACHE_CONTROL.*{told}"):
        read_settings()
