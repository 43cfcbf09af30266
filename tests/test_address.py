"""How a base URL is understood, however people write it; nothing is sent here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from agents.endpoints.address import AddressError, default_address, read_address

CHAT = "chat/completions"


@table(
    ("written", "asked"),
    [
        ("http://host:8099", "http://host:8099/chat/completions"),
        ("http://host:8099/", "http://host:8099/chat/completions"),
        ("https://api.example.com", "https://api.example.com/chat/completions"),
        ("https://api.example.com/v1", "https://api.example.com/v1/chat/completions"),
        ("https://api.example.com/v1/", "https://api.example.com/v1/chat/completions"),
        ("https://api.example.com/v1//", "https://api.example.com/v1/chat/completions"),
        ("http://host//other/v1", "http://host/other/v1/chat/completions"),
        ("  https://host/v1\r\n", "https://host/v1/chat/completions"),
        ("\ufeffhttps://host/v1\u200b", "https://host/v1/chat/completions"),
        ("'https://host/v1'", "https://host/v1/chat/completions"),
        ("HTTPS://API.Example.COM/V1", "https://api.example.com/V1/chat/completions"),
        ("https://host:443/v1", "https://host/v1/chat/completions"),
        ("http://host:443/v1", "http://host:443/v1/chat/completions"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"),
        ("http://my_server:8000/v1", "http://my_server:8000/v1/chat/completions"),
        ("http://host/v1/v1", "http://host/v1/chat/completions"),
        ("http://host/v1/v1/v1/", "http://host/v1/chat/completions"),
        ("http://host/v1/chat/completions", "http://host/v1/chat/completions"),
        ("http://host/v1beta/openai/v1beta/openai", "http://host/v1beta/openai/chat/completions"),
        ("http://host/api/v1/api/v1/", "http://host/api/v1/chat/completions"),
        ("http://host/a/a", "http://host/a/a/chat/completions"),
        ("http://host/v1/chat", "http://host/v1/chat/completions"),
        ("http://host/v1/chat/completions/", "http://host/v1/chat/completions"),
        ("http://host/v1/Chat/Completions/chat/completions", "http://host/v1/chat/completions"),
        ("http://host/chat/completions", "http://host/chat/completions"),
        ("http://host/v1/models", "http://host/v1/chat/completions"),
        ("http://host/a/../v1/./", "http://host/v1/chat/completions"),
        ("http://host/v1#models", "http://host/v1/chat/completions"),
        ("http://host/v1?api-version=2024-10-21", "http://host/v1/chat/completions?api-version=2024-10-21"),
        ("http://host?a=1&b=2", "http://host/chat/completions?a=1&b=2"),
        ("http://host/v1/?", "http://host/v1/chat/completions"),
        ("http://host/v1?next=http://other/", "http://host/v1/chat/completions?next=http://other/"),
        ("http://host/v1?a@other", "http://host/v1/chat/completions?a@other"),
        ("http://host/@cf/v1", "http://host/@cf/v1/chat/completions"),
    ],
)
def test_a_base_url_is_joined_as_a_url(written: str, asked: str) -> None:
    assert read_address(written).at(CHAT) == asked


@table(
    ("written", "said"),
    [
        ("localhost:8000/v1", "such as http://localhost:8000/v1"),
        ("127.0.0.1:8000/v1", "such as http://127.0.0.1:8000/v1"),
        ("localhost", "such as http://localhost"),
        ("api.example.com/v1", "such as https://api.example.com/v1"),
        ("//api.example.com/v1", "such as https://api.example.com/v1"),
        ("ftp://host/v1", "such as https://host/v1"),
        ("ws://host:8000/v1", "such as http://host:8000/v1"),
        ("file:///etc/passwd", "give a whole URL"),
        ("me:secret@host/v1", "such as https://host/v1"),
        ("", "not a URL"),
        ("\n", "not a URL"),
        ("http://", "no host is called ''"),
        ("http:///v1", "no host is called ''"),
        ("http://http://host/v1", "the scheme stands there twice"),
        ("https://https//host/v1", "the scheme stands there twice"),
        ("http://ho st/v1", "blanks"),
        ("http://good\n.evil/v1", "blanks"),
        ("http://good\t.evil/v1", "blanks"),
        ("http://good\\@evil/v1", "backslashes"),
        ("http:\\\\good/v1", "backslashes"),
        ("http://me:secret@host/v1", "leave the user and password out"),
        ("http://me@host/v1", "leave the user and password out"),
        ("http://good:80@evil/v1", "leave the user and password out"),
        ("http://@host/v1", "leave the user and password out"),
        ("http://me:pa/ss@host/v1", "not a URL"),
        ("http://me:secret@host:99999/v1", "not a URL"),
        ("http://good%40evil/v1", "no host is called"),
        ("http://[::1]evil/v1", "no"),
        ("http://[::1", "not a URL"),
        ("http://[fe80::1%25eth0]/v1", "no"),
        ("http://a..b/v1", "no host is called"),
        ("http://-a/v1", "no host is called"),
        ("http://127.1/v1", "no host is called"),
        ("http://2130706433/v1", "no host is called"),
        ("http://0x7f.0.0.1/v1", "no host is called"),
        ("http://127.0.0.01/v1", "no host is called"),
        ("http://host:0/v1", "no host is called"),
        ("http://host:80:80/v1", "not a URL"),
        ("http://host:eight/v1", "not a URL"),
        ("http://b\u00fccher.example/v1", "xn--"),
        ("http://good\u2044evil/v1", "xn--"),
        ("http://good\uff0fevil/v1", "not a URL"),
        ("http://host/v1?api_key=secret", "leave 'api_key' out of the URL"),
        ("http://host/v1?key=secret", "leave 'key' out of the URL"),
        ("http://host/v1?a=1&access_token=secret", "leave 'access_token' out of the URL"),
        ("http://host/v1?code=secret", "leave 'code' out of the URL"),
        ("http://host/v1?x=sk-secret", "leave 'x' out of the URL"),
        ("http://host/v1?x=gsk_1234567890secret", "leave 'x' out of the URL"),
        ("http://host/v1?x=AIzaSy1234567890secret", "leave 'x' out of the URL"),
        ("http://host/sk-1234567890secret/v1", "leave the key out of the URL"),
    ],
)
def test_what_is_no_address_is_refused_and_no_secret_is_shown(written: str, said: str) -> None:
    with pytest.raises(AddressError) as raised:
        read_address(written)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@given(st.text(max_size=8), st.text(max_size=8), st.sampled_from(["", "/", "//", "@", "\\", "?", "#", ":", "/v1"]))
def test_whatever_stands_behind_a_host_the_host_stays(before: str, behind: str, mark: str) -> None:
    try:
        address = read_address(f"http://good.example/{before}{mark}{behind}")
    except AddressError:
        return
    assert address.origin == "http://good.example"
    assert address.at(CHAT).startswith("http://good.example/")


@table(
    ("written", "here"),
    [
        ("http://localhost:8000/v1", True),
        ("http://LOCALHOST./v1", True),
        ("http://llama.localhost/v1", True),
        ("http://127.0.0.9/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://[::ffff:127.0.0.1]/v1", True),
        ("http://0.0.0.0:8000/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://127.example.org/v1", False),
        ("http://localhost.example.org/v1", False),
        ("http://10.0.0.1/v1", False),
    ],
)
def test_what_is_on_this_machine_is_known(written: str, here: bool) -> None:
    assert read_address(written).is_loopback is here


def test_the_default_is_the_variable_of_the_client_else_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", " \n"):
        monkeypatch.setenv("OPENAI_BASE_URL", value)
        assert str(default_address()) == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://host:1/v1/\n")
    assert str(default_address()) == "http://host:1/v1"


def test_people_and_manifests_see_no_query() -> None:
    address = read_address("https://host/v1/?api-version=1")
    assert (str(address), address.base) == ("https://host/v1", "https://host/v1?api-version=1")
