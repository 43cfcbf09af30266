"""A stand-in for the Hugging Face hub that plays what a push or a download asks of it, with real commits in memory.

Written after what `huggingface_hub` 2.4 sends and expects, and what the hub is known to answer.
"""

import base64
import fnmatch
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from huggingface_hub import constants
from huggingface_hub.utils._http import close_session

TOKEN = "hf_the-secret-of-the-tests"
OWNER = "me"
PAGE = 4  # entries of a listing; the hub gives 1,000
ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"


class Revision(NamedTuple):
    """A commit: its name and all files as of it."""

    sha: str
    files: Mapping[str, bytes]
    message: str


@dataclass
class Repository:
    """A dataset repository with its commits, the oldest first."""

    private: bool
    commits: list[Revision] = field(default_factory=list)

    def commit(self, files: Mapping[str, bytes | None], message: str = "by somebody") -> str:
        """Write files, or remove those that are None, on top of what is there."""
        now = {**(self.files if self.commits else {}), **files}
        kept = {path: content for path, content in sorted(now.items()) if content is not None}
        sha = sha1(repr((len(self.commits), message, kept)).encode()).hexdigest()
        self.commits.append(Revision(sha, kept, message))
        return sha

    @property
    def sha(self) -> str:
        return self.commits[-1].sha

    @property
    def files(self) -> Mapping[str, bytes]:
        return self.commits[-1].files

    def at(self, revision: str) -> Mapping[str, bytes] | None:
        if revision == "main":
            return self.files
        return next((commit.files for commit in self.commits if commit.sha == revision), None)


class RefusedError(Exception):
    """Ends a request with a status; `code` is the hub's own word for it."""

    def __init__(self, status: int, code: str = "", message: str = "no") -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Hub(ThreadingHTTPServer):
    """The server; `before` is called with each request, and may raise `RefusedError` or change what is there."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, Repository] = {}
        self.store: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.received: list[bytes] = []
        self.makes_private = True
        self.role = "write"
        self.before: Callable[[str], None] = lambda asked: None

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # who does not wait for an answer
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def create(self, name: str, files: Mapping[str, bytes] | None = None, *, private: bool = True) -> Repository:
        repository = self.repositories[name] = Repository(private)
        repository.commit({".gitattributes": ATTRIBUTES, **(files or {})}, "initial commit")
        return repository

    def called(self, part: str) -> list[str]:
        return [asked for asked in self.asked if part in asked]


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        asked = f"{self.command} {path}"
        self.server.asked.append(asked)
        self.server.received.append(body)
        try:
            self.server.before(asked)
            self._route(path, asked, body)
        except RefusedError as refused:
            self.reply(refused.status, {"error": refused.message}, {"X-Error-Code": refused.code})

    def _route(self, path: str, asked: str, body: bytes) -> None:
        if not path.startswith("/store/") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise RefusedError(401, message="Invalid credentials in Authorization header")
        for pattern, action in ROUTES:
            if found := re.fullmatch(pattern, asked):
                action(self, body, *found.groups())
                return
        raise RefusedError(404, "EntryNotFound")

    def reply(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def repository(self, name: str) -> Repository:
        if name not in self.server.repositories:
            raise RefusedError(404, "RepoNotFound")
        return self.server.repositories[name]

    def files(self, name: str, revision: str) -> Mapping[str, bytes]:
        files = self.repository(name).at(revision)
        if files is None:
            raise RefusedError(404, "RevisionNotFound")
        return files


def whoami(handler: Handler, body: bytes) -> None:
    known = {"type": "user", "name": OWNER, "orgs": [{"name": "my-team", "roleInOrg": "write"}]}
    handler.reply(200, {**known, "auth": {"type": "access_token", "accessToken": {"role": handler.server.role}}})


def create(handler: Handler, body: bytes) -> None:
    asked = json.loads(body)
    name = f"{asked['organization']}/{asked['name']}"
    if asked["organization"] != OWNER:
        raise RefusedError(403, message=f"You don't have the rights to create a dataset under {asked['organization']}")
    if name in handler.server.repositories:
        raise RefusedError(409, message="You already created this dataset repo")
    assert asked["type"] == "dataset"
    private = asked.get("visibility") == "private" and handler.server.makes_private
    handler.server.create(name, private=private)
    handler.reply(200, {"url": f"{handler.server.url}/datasets/{name}", "name": name, "id": "1"})


def info(handler: Handler, body: bytes, name: str, revision: str | None) -> None:
    repository = handler.repository(name)
    handler.files(name, revision or "main")
    sha = repository.sha if revision in (None, "main") else revision
    handler.reply(200, {"id": name, "sha": sha, "private": repository.private, "siblings": [], "tags": []})


def tree(handler: Handler, body: bytes, name: str, revision: str) -> None:
    files = handler.files(name, revision)
    folders = {path.rpartition("/")[0] for path in files if "/" in path}
    entries: list[dict[str, Any]] = [{"type": "directory", "path": folder, "oid": "0"} for folder in sorted(folders)]
    entries += [
        {"type": "file", "path": path, "size": len(files[path]), "oid": oid(path, files[path])} for path in files
    ]
    asked = parse_qs(urlsplit(handler.path).query)
    if asked["recursive"] != ["true"]:
        entries = [entry for entry in entries if "/" not in entry["path"]]
    start = int(asked.get("cursor", ["0"])[0])
    headers = {}
    if start + PAGE < len(entries):
        here = f"{handler.server.url}/api/datasets/{name}/tree/{revision}"
        headers["Link"] = f'<{here}?recursive=true&cursor={start + PAGE}>; rel="next"'
    handler.reply(200, entries[start : start + PAGE], headers)


def resolve(handler: Handler, body: bytes, name: str, revision: str, path: str) -> None:
    files = handler.files(name, revision)
    if path not in files:
        raise RefusedError(404, "EntryNotFound")
    named = {"ETag": f'"{oid(path, files[path])}"', "X-Repo-Commit": revision}
    handler.reply(200, files[path], named)


def validate(handler: Handler, body: bytes) -> None:
    if b"not-a-licence" in body:
        said = [{"message": '"license" must be one of [mit]'}]
        handler.reply(400, {"error": "bad", "errors": said, "warnings": []})
    else:
        handler.reply(200, {"errors": [], "warnings": [{"message": "something to print"}]})


def preupload(handler: Handler, body: bytes, name: str) -> None:
    files = handler.repository(name).files
    ignored = files.get(".gitignore", b"").decode().split()
    handler.reply(
        200,
        {
            "files": [
                {
                    "path": path,
                    "uploadMode": mode(path),
                    "shouldIgnore": any(fnmatch.fnmatch(path, pattern) for pattern in ignored),
                    "oid": oid(path, files[path]) if path in files else None,
                }
                for path in (each["path"] for each in json.loads(body)["files"])
            ]
        },
    )


def batch(handler: Handler, body: bytes, name: str) -> None:
    handler.repository(name)
    objects = []
    for each in json.loads(body)["objects"]:
        href = f"{handler.server.url}/store/{each['oid']}?signature=SIGNED"
        verify = {"href": f"{handler.server.url}/verify"}
        actions = (
            {} if each["oid"] in handler.server.store else {"actions": {"upload": {"href": href}, "verify": verify}}
        )
        objects.append({**each, **actions})
    handler.reply(200, {"objects": objects, "transfer": "basic"})


def store(handler: Handler, body: bytes, digest: str) -> None:
    assert sha256(body).hexdigest() == digest
    handler.server.store[digest] = body
    handler.reply(200, b"")


def verify(handler: Handler, body: bytes) -> None:
    asked = json.loads(body)
    assert len(handler.server.store[asked["oid"]]) == asked["size"]
    handler.reply(200, {})


def commit(handler: Handler, body: bytes, name: str) -> None:
    repository = handler.repository(name)
    lines = [json.loads(line) for line in body.splitlines()]
    header = lines[0]["value"]
    if header.get("parentCommit", repository.sha) != repository.sha:
        raise RefusedError(412, message="A commit has happened since. Please refresh and try again.")
    changes: dict[str, bytes | None] = {}
    for line in lines[1:]:
        path = line["value"]["path"]
        if line["key"] == "deletedFile" and path not in repository.files:
            raise RefusedError(404, "EntryNotFound", "A file with this name doesn't exist")
        changes[path] = CONTENTS[line["key"]](handler.server, line["value"])
    sha = repository.commit(changes, header["summary"])
    handler.reply(200, {"commitUrl": f"{handler.server.url}/datasets/{name}/commit/{sha}", "commitOid": sha})


def mode(path: str) -> str:
    return "lfs" if path.endswith(".parquet") else "regular"


def oid(path: str, content: bytes) -> str:
    """What the hub knows a file by: git's digest, or the sha256 of a large one."""
    if mode(path) == "lfs":
        return sha256(content).hexdigest()
    return sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()


CONTENTS: dict[str, Callable[[Hub, dict[str, Any]], bytes | None]] = {
    "file": lambda server, value: base64.b64decode(value["content"], validate=True),
    "lfsFile": lambda server, value: server.store[value["oid"]],
    "deletedFile": lambda server, value: None,
}
NAME = r"([^/]+/[^/]+)"
ROUTES: list[tuple[str, Callable[..., None]]] = [
    (r"GET /api/whoami-v2", whoami),
    (r"POST /api/repos/create", create),
    (r"POST /api/validate-yaml", validate),
    (rf"GET /api/datasets/{NAME}(?:/revision/([\w/]+))?", info),
    (rf"GET /api/datasets/{NAME}/tree/(\w+)", tree),
    (rf"(?:GET|HEAD) /datasets/{NAME}/resolve/(\w+)/(.+)", resolve),
    (rf"POST /api/datasets/{NAME}/preupload/main", preupload),
    (rf"POST /api/datasets/{NAME}/commit/main", commit),
    (rf"POST /datasets/{NAME}\.git/info/lfs/objects/batch", batch),
    (r"PUT /store/(\w+)", store),
    (r"POST /verify", verify),
]


@contextmanager
def running() -> Iterator[Hub]:
    """The stand-in, until the end of the block."""
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The stand-in, and the hub's client as HF_ENDPOINT, HF_HOME and HF_HUB_DISABLE_XET would set it up."""
    with running() as server:
        reach(server.url, monkeypatch)
        settings = {
            "AGENT_HARNESSES_PATH": str(tmp_path / "harnesses.json"),
            "HF_HUB_CACHE": str(tmp_path / "cache"),
            "HF_TOKEN_PATH": str(tmp_path / "token"),
            "HF_HUB_OFFLINE": False,
            "HF_HUB_DISABLE_XET": True,
        }
        for name, value in settings.items():
            monkeypatch.setattr(constants, name, value)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server
        close_session()


def reach(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send the hub's client to `url`."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
