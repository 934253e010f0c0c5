"""Who may open how many connections; `test_hostile_clients` asks a real server."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from api.http.places import HEALTH_PLACES, Places
from api.http.problems import ServiceProblem
from api.http.reading_pace import ReadingPace
from api.http.unread import UnreadAnswers

MB = 1024 * 1024


def places(most: int = 4, most_per_address: int = 2, proxies: Sequence[str] = ("10.0.0.0/8", "::1")) -> Places:
    networks = [ip_network(proxy) for proxy in proxies]
    return Places(most=most, most_per_address=most_per_address, proxies=networks)


def never() -> None:
    pytest.fail("this connection had to give way")


@pytest.mark.parametrize(
    ("first", "second", "counted_together"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_addresses_of_one_client_are_counted_together(first: str, second: str, counted_together: bool) -> None:
    here = places(most_per_address=1)
    place = here.take(first, never)
    if counted_together:
        with pytest.raises(ServiceProblem, match="LOOKALIKE_PROXY_ADDRESSES") as caught:
            here.take(second, never)
        assert caught.value.code == "rate_limited"
        here.give_back(place)
    here.take(second, never)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "::1", None])
def test_proxies_and_unix_sockets_are_not_limited(address: str | None) -> None:
    here = places(most=100)
    assert not any(here.take(address, never).only_health for _ in range(100))


def test_when_all_are_taken_the_oldest_makes_room_for_health() -> None:
    here = places()
    ordinary = [here.take(None, never) for _ in range(4)]
    gone: list[int] = []
    waiting = [here.take(None, lambda number=number: gone.append(number)) for number in range(HEALTH_PLACES)]  # type: ignore[misc]
    assert all(place.only_health for place in waiting)
    assert here.take(None, never).only_health
    assert gone == [0]
    here.give_back(waiting[0])
    here.give_back(waiting[5])
    here.take(None, never)
    assert gone == [0]
    here.give_back(ordinary[0])
    assert not here.take(None, never).only_health


class Deaf:
    """A client that reads nothing."""

    def __init__(self, unsent: int) -> None:
        self.unsent = unsent
        self.is_cut = False

    def unsent_bytes(self) -> int:
        return self.unsent

    def cut(self) -> None:
        self.is_cut = True


def test_the_longest_unread_answers_are_cut_when_they_take_too_much() -> None:
    unread = UnreadAnswers(100)
    first, second, third = Deaf(60), Deaf(30), Deaf(60)
    unread.add(first)
    unread.add(second)
    assert not first.is_cut
    unread.add(third)
    assert (first.is_cut, second.is_cut, third.is_cut) == (True, False, False)
    unread.remove(second)
    large = Deaf(1000)
    unread.add(large)
    assert third.is_cut
    assert not large.is_cut


def test_only_many_fast_senders_are_paused() -> None:
    pace = ReadingPace()
    assert pace.pause_s(32 * 1024, now=100.0) <= 0
    pauses = [pace.pause_s(32 * 1024, now=100.0) for _ in range(512)]
    assert max(pauses) < 0.1
    assert len({pause for pause in pauses if pause > 0}) > 300
    assert pace.pause_s(500, now=100.0) <= 0
    assert pace.pause_s(32 * 1024, now=101.0) <= 0
