"""What the plugin says when dbt parses, without dbt: the mistakes in `meta` and in the plugin's own settings."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.configuration.plugin_settings import read_settings
from dbt_intercom_activate.configuration.unparsed import read_unparsed
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import ConfigurationError
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.project.source_files import SourceFiles

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.errors import Message, Mistake
    from dbt_intercom_activate.project.location import DbtProject


_FILES = "the files of the project"


class Source(str, Enum):
    """What is read."""

    AUTO = "auto"
    """The manifest where no file of the project is newer, else the files."""
    FILES = "files"
    """dbt_project.yml, the YAML files and `config(...)` of the models."""
    MANIFEST = "manifest"
    """target/manifest.json, of whichever version of dbt."""


@dataclass(frozen=True, slots=True)
class Validated:
    """What was found."""

    read: str
    """What was read, in words."""
    activations: tuple[Activation, ...]
    """Empty where there are mistakes."""
    mistakes: tuple[Mistake, ...]
    unjudged: tuple[Message, ...]
    """What only dbt can tell."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is no mistake and worth a look."""
        return (
            *self.unjudged,
            *(f"{each.name}: {said}" for each in self.activations for said in each.advice),
        )

    @property
    def exit_code(self) -> int:
        """2 where there are mistakes, as with every command that could not begin."""
        return 2 if self.mistakes else 0

    def as_document(self) -> dict[str, Any]:
        """The JSON document of `validate --output json`."""
        contents = {
            "exit_code": self.exit_code,
            "read": self.read,
            "activations": [each.name for each in self.activations],
            "results": [{**asdict(each), "message": str(each)} for each in self.mistakes],
            "warnings": list(self.warnings),
        }
        return document(utc_now(), contents)


def validate(project: DbtProject, source: Source = Source.AUTO) -> Validated:
    """Judge what a project says of Intercom; needs neither dbt nor a warehouse, and changes nothing.

    Raises:
        ArtifactError: The manifest is to be read, and there is none or it cannot be read.
    """
    files = SourceFiles(project.project_dir)
    manifest_file = project.target_path / "manifest.json"
    if source is Source.MANIFEST or (source is Source.AUTO and not files.are_newer_than(manifest_file)):
        manifest = manifests.read(manifest_file)
        read = f"{manifest_file} (dbt {manifest.dbt_version})"
        mistakes: list[Mistake] = []
        unjudged: tuple[Message, ...] = ()
    else:
        unparsed = read_unparsed(files)
        manifest = manifests.from_dict(unparsed.manifest)
        read, mistakes, unjudged = _FILES, list(unparsed.mistakes), unparsed.unjudged
    activations: tuple[Activation, ...] = ()
    try:
        activations = activations_of(manifest, project.project_dir)
    except ConfigurationError as error:
        mistakes += error.mistakes
    mistakes += _of_settings(files)
    return Validated(read, () if mistakes else activations, tuple(mistakes), unjudged)


def _of_settings(files: SourceFiles) -> tuple[Mistake, ...]:
    """The mistakes in `vars: {intercom_activate: …}`, which no manifest holds."""
    variables, name = files.configured.get("vars"), str(files.configured.get("name"))
    try:
        read_settings(variables if isinstance(variables, dict) else {}, name, os.environ)
    except ConfigurationError as error:
        return error.mistakes
    return ()
