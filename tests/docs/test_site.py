"""The site builds without a warning, needs nothing from elsewhere, and no link on any page leads nowhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from pages_of_the_docs import DOCS, PAGES, ROOT, named, prose

pytest.importorskip("mkdocs", reason="the dependency group `docs` is not installed")
from markdown.extensions.toc import slugify
from mkdocs.config.defaults import MkDocsConfig

from docs.generator import repository_link

REMOTE = re.compile(r"^(https?:)?//")


@pytest.fixture(scope="module")
def built_site(tmp_path_factory):
    site = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return site, done


def test_the_site_builds_without_a_warning(built_site):
    _, done = built_site
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr + done.stdout


class Loaded(HTMLParser):
    """What a browser fetches to show a page."""

    def __init__(self):
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev", "alternate"):
            self.addresses.append(given.get("href") or "")
        elif tag in ("script", "img", "iframe", "source", "video"):
            self.addresses.append(given.get("src") or "")


def test_a_reader_fetches_nothing_from_elsewhere(built_site):
    site, _ = built_site
    loaded = {}
    for page in site.rglob("*.html"):
        parser = Loaded()
        parser.feed(page.read_text(encoding="utf-8"))
        loaded[page.name] = parser.addresses
    assert sum(map(len, loaded.values())) > 10
    assert [each for addresses in loaded.values() for each in addresses if REMOTE.match(each)] == []
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]*)", styles) == []


def test_every_page_is_in_the_navigation_once():
    def pages(entry):
        if isinstance(entry, str):
            return [entry]
        return [
            page for each in (entry.values() if isinstance(entry, dict) else entry) for page in pages(each)
        ]

    nav = pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    there = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")]
    assert sorted(nav) == sorted([*there, "changelog.md"])


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://git.example.com/shop/activate.git", "https://git.example.com/shop/activate"),
        ("https://ann:token@git.example.com/shop/activate", "https://git.example.com/shop/activate"),
        ("git@git.example.com:shop/activate.git", "https://git.example.com/shop/activate"),
        ("ssh://git@git.example.com/shop/activate.git", "https://git.example.com/shop/activate"),
        ("/srv/git/activate", None),
        ("https://localhost/activate", None),
        ("", None),
    ],
)
def test_the_repository_link_names_the_clone_and_no_secret(remote, page, tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    if remote:
        subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", remote], check=True)
    monkeypatch.setattr(repository_link, "ROOT", tmp_path)
    config = repository_link.on_config(MkDocsConfig())
    assert [each["link"] for each in config.extra.get("social", [])] == ([page] if page else [])


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {slugify(heading, "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page):
    wrong = []
    for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", prose(page)):
        if REMOTE.match(target) or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(target)
    assert wrong == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=named)
def test_one_sentence_stands_on_a_line(page):
    told = [
        line.strip().removeprefix("- ")
        for line in prose(page).splitlines()
        if line.strip() and line[0] not in "|#<" and not re.match(r"\s*(- |\d+\. )", line)
    ]
    assert [line for line in told if re.search(r"[a-z`)][.!?] [A-Z`]", line)] == []
