"""The link to the repository, from where this clone came: so a fork's site names the fork, and no address is made up."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).parents[2]

_SSH = re.compile(r"(?:ssh://)?git@(?P<host>[^:/]+\.[^:/]+)[:/](?P<path>.+)")


def page_of(remote: str) -> str | None:
    """The page of a repository that git knows by an address; None where that is a folder or a machine nearby.

    A name, a password or a token in the address stays out of the page.
    """
    ssh = _SSH.fullmatch(remote)
    parts = urlsplit(remote)
    host, path = (ssh["host"], ssh["path"]) if ssh else (parts.hostname or "", parts.path)
    if (not ssh and parts.scheme != "https") or "." not in host:
        return None
    return f"https://{host}/{path.strip('/').removesuffix('.git')}"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the link to every page's foot; mkdocs calls this: https://www.mkdocs.org/dev-guide/plugins/#on_config.

    Not as `repo_url`: with that the theme asks the host for stars and forks from each reader's browser
    (https://squidfunk.github.io/mkdocs-material/setup/adding-a-git-repository/).
    """
    asked = ["git", "-C", str(ROOT), "remote", "get-url", "origin"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    except OSError:
        return config  # an archive, on a machine without git
    page = page_of(told)
    if page:
        links = config.extra.setdefault("social", [])
        links.append({"icon": "fontawesome/brands/git-alt", "link": page, "name": "Repository"})
    return config
