"""What a dbt project needs to begin with; nothing that exists is ever overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.intercom_file import FILE
from dbt_intercom_activate.errors import CannotRun, Message

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = """\
# An activation: a model of this project, and what becomes of its rows in Intercom.
# Copy it into the YAML file that describes the model, and put your own columns in place of these.
#
# models:
#   - name: intercom_contacts           # your model: one row for each contact
#     config:
#       meta:
#         intercom:
#           object: contact             # contact, company, contact_tag, company_tag, conversation_tag, …
#           behaviour: upsert           # update what is there, insert what is not
#           identifier: external_id     # what matches a row to a contact
#           fields:                     # Intercom's field: your column
#             external_id: customer_id
#             email: email
#             name: full_name
#             signed_up_at: first_order_at
#             custom_attributes.plan: plan_name
#           constants: {role: user}     # Intercom's field: a fixed value
#     columns:
#       - name: customer_id
#         data_tests: [unique, not_null]
"""

NEXT_STEPS = """\
Next:
  1. Put an activation into the YAML file of a model; `dbt-intercom-activate init --from MODEL` suggests one
     for a model that is built, `--example FILE` writes an example.
  2. dbt-intercom-activate sandbox               a local Intercom to try it on, in another terminal
  3. dbt-intercom-activate build                 `dbt build`, then the sync
  4. dbt-intercom-activate status                what became of it
For your own workspace, set INTERCOM_ACCESS_TOKEN (from Intercom's Developer Hub: Configure, Authentication),
and ask `dbt-intercom-activate check --target prod` whether everything is there."""

_WORKSPACES = """\
# The Intercom workspaces of this project. Only the one in use is rendered.
default: "{{{{ 'production' if target.name == 'prod' else 'sandbox' }}}}"
workspaces:
  production:
    access_token: "{{{{ env_var('INTERCOM_ACCESS_TOKEN') }}}}"
    region: {region}
  sandbox: # `dbt-intercom-activate sandbox` answers here
    base_url: http://127.0.0.1:8765
    access_token: sandbox
"""


def start(project_dir: Path, region: str) -> Path:
    """Write intercom.yml beside dbt_project.yml.

    Raises:
        CannotRun: There is one already, or it cannot be written.
    """
    file = project_dir / FILE
    write_new(file, _WORKSPACES.format(region=region))
    return file


def write_new(file: Path, text: str) -> None:
    """Write a file that must not exist yet.

    Raises:
        CannotRun: It exists, or cannot be written.
    """
    try:
        with file.open("x", encoding="utf-8") as writing:
            writing.write(text)
    except FileExistsError:
        raise CannotRun(
            Message(
                "file-exists", f"{file} exists already, and nothing is ever overwritten; it stays as it is"
            )
        ) from None
    except OSError as error:
        raise CannotRun(Message("file-unwritable", f"{file} cannot be written: {error.strerror}")) from None
