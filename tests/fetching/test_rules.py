"""Hosts, ports and addresses that are refused before anything is sent."""

from ipaddress import ip_address

import pytest

from contracts.errors import UrlRefusedError
from fetching.addresses import is_internal, is_public
from fetching.rules import UrlRules

RULES = UrlRules(("shop.example", "*.cdn.example", "bücher.example", "alt.example:8443", "8.8.8.8"), allow_http=False)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://shop.example", "shop.example", 443, "/"),
        ("HTTPS://SHOP.example:443/a.jpg?b=c#d", "shop.example", 443, "/a.jpg?b=c"),
        ("https://a.b.cdn.example/ä", "a.b.cdn.example", 443, "/%C3%A4"),
        ("https://alt.example:8443/", "alt.example", 8443, "/"),
        ("https://BÜCHER.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/"),
        ("https://\uff53\uff48op.example/", "shop.example", 443, "/"),
    ],
)
def test_a_listed_host(url: str, host: str, port: int, path: str) -> None:
    target = RULES.check(url)
    assert (target.host, target.port, target.path) == (host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/a.jpg",
        "//shop.example/",
        "http://shop.example/",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "ftp://shop.example/",
        "data:image/png;base64,AAAA",
        "jar:https://shop.example!/",
        "https://",
        "https://evilshop.example/",
        "https://shop.example.evil.example/",
        "https://shop.example./",
        "https://cdn.example/",
        "https://evilcdn.example/",
        "https://.cdn.example/",
        "https://a..cdn.example/",
        "https://shop.example:80/",
        "https://shop.example:22/",
        "https://shop.example:99999/",
        "https://shop.example:x/",
        "https://alt.example/",
        "https://user@shop.example/",
        "https://user:password@shop.example/",
        "https://@shop.example/",
        "https://shop.example@evil.example/",
        "https://evil.example#@shop.example/",
        "https://evil.example\\@shop.example/",
        "https://evil.example?.cdn.example/",
        "https://shop.example/a b",
        "https://shop.example/\r\nHost: x",
        "https://shop.example\t/",
        "https://shop.example%00.cdn.example/",
        "https://sh\u043ep.example/",
        "https://localhost/",
        "https://a.localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[fe80::1%25eth0]/",
        "https://134744072/",
        "https://0x08080808/",
        "https://010.8.8.8/",
        "https://8.8.2056/",
        "https://0x8.8.8.8/",
        "https://8.8.8.8./",
        "https://①②⑦.⓪.⓪.①/",
        "https://" + "a" * 5000 + ".cdn.example/",
    ],
)
def test_others_are_refused(url: str) -> None:
    with pytest.raises(UrlRefusedError):
        RULES.check(url)


def test_without_hosts_nothing_is_fetched() -> None:
    with pytest.raises(UrlRefusedError, match="LOOKALIKE_IMAGE_URL_HOSTS"):
        UrlRules((), allow_http=True).check("https://shop.example/")


@pytest.mark.parametrize(
    "entry",
    ["", "*", "*.", "*.example", "*.*", "https://shop.example", "a/b", "localhost", "internal:*.shop.example", "a:0",
     "a:70000", "0x7f.1", "127.1", "u@h", "internal:", "internal:localhost", "*.10.0.0.1", "internal:internal:a"],
)  # fmt: skip
def test_an_entry_that_is_no_host_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"shop\.example"):
        UrlRules((entry,), allow_http=True)


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
        "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
        "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::8.8.8.8", "::ffff:8.8.8.8", "::ffff:127.0.0.1",
        "::ffff:0:127.0.0.1", "64:ff9b::808:808", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1",
        "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2600::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
        "2600:1::5efe:7f00:1", "2600:1::200:5efe:a00:1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.1.1", "172.32.0.1",
             "223.255.255.255", "2600::1", "2a00:1450:4001:82a::200e", "2606:4700::1111"],
)  # fmt: skip
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))
    assert not is_internal(ip_address(text))
