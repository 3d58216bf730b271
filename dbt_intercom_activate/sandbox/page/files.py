"""The page's own files, which hold nothing of the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox import errors

if TYPE_CHECKING:
    from starlette.requests import Request

HEADERS = {
    # Nothing from elsewhere, nothing inline, in nobody's frame; and no text that a script could make markup of:
    # https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
INDEX = "index.html"
CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is served."""

    content: bytes
    content_type: str


def file_at(method: str, path: str) -> PageFile:
    """The file at a path below `/_sandbox/`: the page itself at none, all others below `page/`.

    Raises:
        IntercomError: 404, where there is none.
    """
    name = path.removeprefix("page/") if path else INDEX
    found = _files().get(name) if method == "GET" else None
    if found is None:
        raise errors.resource_not_found()
    return found


def wants_a_page(request: Request) -> bool:
    """Whether a browser asks, for somebody to look at."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


@cache
def _files() -> dict[str, PageFile]:
    folder = resources.files(__package__) / "static"
    return {
        each.name: PageFile(each.read_bytes(), CONTENT_TYPES[each.name.rpartition(".")[2]])
        for each in folder.iterdir()
    }
