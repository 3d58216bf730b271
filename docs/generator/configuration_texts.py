"""What docs/reference/configuration.md says beside the keys themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs.generator.markdown import code, text

if TYPE_CHECKING:
    from collections.abc import Sequence

INTRODUCTION = text(
    """
    Activations stand in the `meta` of your models, workspaces in `intercom.yml` beside `dbt_project.yml`.
    An unknown key is a mistake, and all mistakes are told at once, with file, line and key, before anything is sent.
    [Your editor](../editor.md) can complete these keys.
    """
)

META = text(
    """
    On a model, a seed or a snapshot, below `config`: one mapping, or a list of mappings.

    ```yaml
    models:
      - name: intercom_contacts
        config:
          meta:
            intercom:
              object: contact
              behaviour: upsert
              identifier: external_id
              fields:
                external_id: customer_id
                email: email
              constants: {role: user}
    ```

    `meta` directly on the model, as it was written before dbt 1.10, is read too.
    An ephemeral model has no relation, so it cannot carry an activation.
    """
)

COLUMNS = text(
    """
    A column can name its field in its own `meta`, where the model has an activation.
    With one activation the form is a text, with several a mapping from the activation's name to the field.

    ```yaml
    models:
      - name: intercom_contacts
        config:
          meta:
            intercom:
              - {name: people, object: contact, behaviour: upsert, identifier: email, fields: {email: email}}
              - {name: vips, object: contact_tag, behaviour: attach, identifier: email, fields: {email: email}, constants: {tag: VIP}}
        columns:
          - name: ltv
            config:
              meta:
                intercom: {people: custom_attributes.lifetime_value}
    ```

    The same field from two places is a mistake.
    Columns match without regard to case.
    """
)

DEFAULTS = text(
    """
    Keys for many models at once, by `+meta` in `dbt_project.yml` or on a model.
    They stand under a key of their own because dbt replaces `meta.intercom` as a whole where both have it.

    ```yaml
    models:
      shop:
        intercom:
          +meta:
            intercom_defaults:
              identifier: external_id
              nulls: skip
              constants: {role: user}
    ```

    Every key of [`meta.intercom`](#metaintercom) may stand here.
    `fields` and `constants` merge field by field, and what the activation says itself wins; every other key is taken where the activation does not have it.
    What does not fit an activation's object is ignored there: `identifier`, `behaviour`, `removed`, `archived`, `create_attributes` and fields.
    """
)

INTERCOM_YML = text(
    """
    ```yaml
    default: "{{ 'production' if target.name == 'prod' else 'sandbox' }}"
    workspaces:
      production:
        access_token: "{{ env_var('INTERCOM_ACCESS_TOKEN') }}"
        region: us
      sandbox:
        base_url: http://127.0.0.1:8765
        access_token: sandbox
    ledger:
      schema: intercom_activate
    ```
    """
)


def rendering(filters: Sequence[str]) -> str:
    """How values are rendered."""
    return text(
        f"""
        Values are rendered as in `profiles.yml`: `env_var`, `target`, and the filters {code(*filters, last="and")}.
        `default`, `ledger` and the workspaces in use are rendered, and nothing else, so that a laptop without the production token can work.
        """
    )


VARS = text(
    """
    dbt calls this package whenever it parses the project; [the dbt plugin](../plugin.md) explains it.

    ```yaml
    vars:
      intercom_activate:
        validate: warn
        sync_after: [build, run]
    ```

    The dbt package of macros reads `ledger_schema` and `ledger_database` from the same place: see [macros](../macros.md).
    """
)

ENVIRONMENT = text(
    """
    Without `intercom.yml`, the first four make one workspace named `default`.
    With it they are ignored, but for one case: `INTERCOM_BASE_URL` sends every workspace to that address, with the token of `INTERCOM_ACCESS_TOKEN`, and the run says so.
    """
)

VARIABLES = [
    ("`INTERCOM_SYNC_AFTER`", "takes the place of [`sync_after`](#sync_after), as `build,run`; empty: never"),
    ("`INTERCOM_CLIENT_ID`", "`login --client-id`"),
    ("`INTERCOM_CLIENT_SECRET`", "the secret of the app for `login`, which asks for it otherwise"),
    ("`INTERCOM_AUTHORIZE_BASE_URL`", "for tests of `login`: where consent is asked for"),
    ("`INTERCOM_TOKEN_BASE_URL`", "for tests of `login`: where a code becomes a token"),
]

MORE_ENVIRONMENT = text(
    """
    dbt's own `DBT_*` variables are obeyed too, in both of their spellings: [commands](commands.md#common-options) has them.
    Proxies and certificates are those of `requests`: `HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`.
    """
)

FIELDS = [
    "Takes a mapping of [fields](fields.md) to names of columns.",
    "Custom attributes are written `custom_attributes.NAME`, values of an event `metadata.NAME`.",
]

CONSTANTS = [
    "Takes a mapping of [fields](fields.md) to text, numbers, `true`, `false` or null.",
    "A field stands either here or in `fields`.",
]

KEY = [
    "Takes a list of columns.",
    "Default: contacts and companies: the identifier; tags: the identifier and the tag; memberships: both identifiers; events: the identifier, `event_name` and `created_at`.",
]

DEFAULT_IN_WORDS = {
    "object": "Required.",
    "behaviour": "Required.",
    "identifier": "Required, but for an insert and for memberships.",
    "fields": "Required, at least with the identifier; columns may add to it.",
    "name": "Default: the model's name.",
    "workspace": "Default: the `default` of intercom.yml.",
    "key": "What Intercom gives or changes is no key: a record with another key is another record.",
}
