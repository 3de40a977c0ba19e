"""Which hosts a list of names means."""

from __future__ import annotations

import ipaddress
import subprocess
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_mlebench.hosts import AllowedHosts, address, check_hosts, is_public, normal_name, split_port

LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=2, max_size=4).map(".".join)
PORTS = st.integers(1, 65535)


@pytest.mark.parametrize(
    ("allowed", "asked", "port", "expected"),
    [
        ("api.openai.com", "api.openai.com", 443, True),
        ("API.OpenAI.com.", "api.openai.com", 443, True),
        ("api.openai.com", "api.openai.com", 80, False),
        ("api.openai.com", "openai.com", 443, False),
        ("api.openai.com", "xapi.openai.com", 443, False),
        ("api.openai.com", "api.openai.com.evil.org", 443, False),
        ("*.openai.azure.com", "mine.openai.azure.com", 443, True),
        ("*.openai.azure.com", "a.b.openai.azure.com", 443, True),
        ("*.openai.azure.com", "openai.azure.com", 443, False),
        ("*.openai.azure.com", "evilopenai.azure.com", 443, False),
        ("localhost:8000", "localhost", 8000, True),
        ("localhost:8000", "localhost", 443, False),
        ("example.com:8443", "example.com", 8443, True),
        ("127.0.0.1:8000", "127.0.0.1", 8000, True),
        ("127.0.0.1:8000", "localhost", 8000, False),
        ("example.com", "93.184.216.34", 443, False),
        ("[::1]:8000", "::1", 8000, True),
        ("::1", "::1", 443, True),
        ("2001:db8:0:0::1", "2001:db8::1", 443, True),
        ("::ffff:10.0.0.1", "10.0.0.1", 443, True),
        ("bücher.example", "xn--bcher-kva.example", 443, True),
        ("*.bücher.example:8443", "a.xn--bcher-kva.example", 8443, True),
        ("my_host.example.com", "my_host.example.com", 443, True),
    ],
)
def test_a_name_means_these_hosts_and_no_others(allowed, asked, port, expected):
    assert AllowedHosts([allowed]).allows(normal_name(asked), port) is expected


@pytest.mark.parametrize("text", ["API.openai.com", "api.openai.com.", "ＡＰＩ.openai.com", "api。openai.com"])
def test_one_host_has_one_spelling(text):
    assert normal_name(text) == "api.openai.com"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "it is empty"),
        ("https://api.openai.com", "without scheme and path"),
        ("api.openai.com/v1", "without scheme and path"),
        ("user@api.openai.com", "without scheme and path"),
        ("*", "letters, digits"),
        ("*.", "it is empty"),
        ("*.com", "a whole top-level domain"),
        ("api.*.com", "letters, digits"),
        ("*api.openai.com", "letters, digits"),
        ("*.127.0.0.1", "no subdomains"),
        ("api openai.com", "letters, digits"),
        ("api..com", "letters, digits"),
        ("-api.com", "letters, digits"),
        (f"{'a' * 64}.com", "letters, digits"),
        (".".join(["abcdefg"] * 40), "more than 253"),
        ("ü" * 300, "more than 253"),
        ("127.1", "ends in a number"),
        ("0x7f.1", "ends in a number"),
        ("2130706433", "ends in a number"),
        ("a.0x7f", "ends in a number"),
        ("256.1.1.1", "ends in a number"),
        ("fe80::1%eth0", "none"),
        ("[::1", "none"),
        ("api.openai.com:", "no port follows"),
        ("api.openai.com:0", "1 to 65535"),
        ("api.openai.com:65536", "1 to 65535"),
        ("api.openai.com:٣", "1 to 65535"),
        ("api.openai.com:https", "1 to 65535"),
        (8000, "as a text"),
    ],
)
def test_what_is_no_host_is_refused_in_words(name, words):
    with pytest.raises(ValueError, match=words) as error:
        check_hosts(["api.openai.com", name])
    assert "\n" not in str(error.value)


def test_a_text_is_no_list():
    with pytest.raises(ValueError, match=r"as in \['api.openai.com'\]"):
        check_hosts("api.openai.com")


def test_hosts_in_words():
    assert str(AllowedHosts([])) == "no host"
    assert str(AllowedHosts(["API.openai.com"])) == "api.openai.com"
    assert str(AllowedHosts(["*.a.com", "[::1]:80", "b.com:443", "b.com"])) == "*.a.com, [::1]:80 and b.com"
    assert str(AllowedHosts(f"h{i}.com" for i in range(500))).endswith("h9.com and 490 more")


NOT_OF_THE_WORLD = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "2002:0a00:0001::",
    "64:ff9b::7f00:1",
]


@pytest.mark.parametrize("ip", NOT_OF_THE_WORLD)
def test_addresses_that_are_not_of_the_world(ip):
    assert not is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize("ip", ["1.1.1.1", "93.184.216.34", "2606:4700::1", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_addresses_of_the_world(ip):
    assert is_public(ipaddress.ip_address(ip))


@given(NAMES, PORTS)
def test_every_name_means_itself_however_it_is_written(name, port):
    for written in (name, name.upper(), f"{name}."):
        assert AllowedHosts([f"{written}:{port}"]).allows(normal_name(name), port)


@given(NAMES, NAMES)
def test_no_name_means_another(one, other):
    assume(one != other)
    assert not AllowedHosts([one]).allows(other, 443)


@given(NAMES, NAMES)
def test_a_wildcard_means_what_ends_in_its_domain_after_a_dot(domain, asked):
    allowed = AllowedHosts([f"*.{domain}"])
    assert allowed.allows(f"{asked}.{domain}", 443)
    assert not allowed.allows(domain, 443)
    assert allowed.allows(asked, 443) == asked.endswith(f".{domain}")


@given(NAMES, st.ip_addresses())
def test_no_name_means_an_address(name, ip):
    assert not AllowedHosts([name, f"*.{name}"]).allows(normal_name(str(ip)), 443)


@given(st.text(max_size=80))
def test_any_text_is_a_host_or_is_refused_in_words(text):
    try:
        allowed = AllowedHosts([text])
    except ValueError as error:
        words = str(error)
    else:
        words = str(allowed)
        assert str(AllowedHosts([words])) == words
    assert words.isprintable()


@given(st.text(max_size=300))
def test_a_normal_name_is_its_own(text):
    try:
        name = normal_name(text)
    except ValueError:
        return
    assert name.isascii()
    assert normal_name(name) == name
    assert (address(text) is None) == (address(name) is None)


@given(st.text(max_size=40))
def test_splitting_never_fails(text):
    host, port = split_port(text)
    assert len(host) + len(port or "") <= len(text)


def test_naming_hosts_loads_no_network():
    code = "import sys, pytest_mlebench.hosts; print({'asyncio', 'ssl', 'urllib.request', 'socket'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
