"""Every mistake of one block: the block as a user would write it, and the whole message."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.objects import OBJECTS

CONTACT = "object: contact\nbehaviour: upsert\nidentifier: external_id\n"
PLACE = "models/schema.yml:{line}: customers: meta.intercom"

KEYS = (
    "object, behaviour, identifier, fields, constants, name, was, where, workspace, clear, key, nulls, "
    "create_attributes, removed, max_removed, max_inserted, max_updated, max_failed, archived, gate, warn or enabled"
)
OBJECT_NAMES = " or ".join(", ".join(OBJECTS).rsplit(", ", 1))
CONTACT_FIELD = "a field of `object: contact` that Intercom lets one write"

CASES = [
    pytest.param(
        CONTACT + "fields: {external_id: a, emial: email}",
        9,
        f'.fields.emial: expected {CONTACT_FIELD}, found "emial". Did you mean `email`?',
        id="a slip of a field, whose column has its name",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, account_name: name}",
        9,
        f'.fields.account_name: expected {CONTACT_FIELD}, found "account_name". '
        "Intercom's field stands first, then the column of the model: `name: account_name`",
        id="field and column are turned round",
    ),
    pytest.param(
        "behaviour: upsert",
        5,
        f".object: expected {OBJECT_NAMES}, found nothing",
        id="an object is required",
    ),
    pytest.param(
        "object: contacts\nbehaviour: upsert",
        6,
        f'.object: expected {OBJECT_NAMES}, found "contacts". '
        "Did you mean `contact`, `contact_tag` or `contact_company`?",
        id="an object is one of Intercom's",
    ),
    pytest.param(
        "object: company\nidentifier: company_id\nfields: {company_id: a}",
        5,
        ".behaviour: expected upsert, update, insert or delete, found nothing",
        id="a behaviour is required",
    ),
    pytest.param(
        "object: contact\nbehaviour: attach",
        7,
        ".behaviour: expected upsert, update, insert, delete or archive for `object: contact`, "
        'found "attach"',
        id="contacts are not attached",
    ),
    pytest.param(
        "object: contact\nbehavior: send",
        7,
        '.behavior: expected upsert, update, insert, delete or archive for `object: contact`, found "send"',
        id="the American spelling is named as it is written",
    ),
    pytest.param(
        CONTACT + "behavior: upsert\nfields: {external_id: a}",
        9,
        ".behavior: expected `behaviour` once, found `behaviour` and `behavior`. Keep one of them",
        id="behaviour is spelled one way only",
    ),
    pytest.param(
        "object: company\nbehaviour: archive",
        7,
        '.behaviour: expected upsert, update, insert or delete for `object: company`, found "archive"',
        id="companies cannot be archived",
    ),
    pytest.param(
        "object: contact\nbehaviour: upsert\nfields: {external_id: a}",
        5,
        ".identifier: expected external_id, email or id for `object: contact` with `behaviour: upsert`, "
        "found nothing",
        id="an upsert needs an identifier",
    ),
    pytest.param(
        "object: contact\nbehaviour: insert\nidentifier: id\nfields: {email: a}",
        8,
        ".identifier: expected external_id or email for `object: contact` with `behaviour: insert`, "
        'found "id"',
        id="an insert has no id yet",
    ),
    pytest.param(
        CONTACT + "fields: {email: a}",
        8,
        ".identifier: expected `external_id` among the fields, found email. "
        "Add `external_id: <column>` to the fields",
        id="the identifier has to be mapped",
    ),
    pytest.param(
        CONTACT + "fields: {email: a}\nconstants: {external_id: x}",
        8,
        ".identifier: expected `external_id` among the fields, found it as a constant. "
        "Add `external_id: <column>` to the fields",
        id="the identifier is no constant",
    ),
    pytest.param(
        "object: company\nbehaviour: insert\nfields: {name: a}",
        5,
        ".identifier: expected `company_id` among the fields, found name. "
        "Add `company_id: <column>` to the fields",
        id="a company is inserted by company_id",
    ),
    pytest.param(
        "object: contact\nbehaviour: insert\nkey: [row]\nfields: {name: a}",
        9,
        ".fields: expected at least one of email, external_id or role, found name. "
        "Intercom creates no contact without",
        id="Intercom creates no contact of a name alone",
    ),
    pytest.param(
        "object: contact\nbehaviour: insert\nfields: {email: a}",
        5,
        ".key: expected `key` for an insert without identifier, found nothing. "
        "Name the columns that tell one record from another, such as `key: [customer_id]`",
        id="an insert without identifier needs a key",
    ),
    pytest.param(
        "object: contact\nbehaviour: upsert\nidentifier: id\nfields: {id: a, email: b}",
        5,
        ".key: expected `key` for an upsert by `id`, as records to insert have none, found nothing. "
        "Name the columns that tell one record from another, such as `key: [customer_id]`",
        id="an upsert by id needs a key",
    ),
    pytest.param(
        "object: contact\nbehaviour: upsert\nidentifier: id\nfields: {id: Icom, email: b}\nkey: [icom]",
        10,
        ".key: expected columns other than `Icom`, which holds the id, found icom. "
        "The id changes from null to Intercom's own when the record is inserted",
        id="the id is no key, in whatever case its column is written",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, emial: b}",
        9,
        f'.fields.emial: expected {CONTACT_FIELD}, found "emial". Did you mean `email`?',
        id="an unknown field gets the nearest name",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, plan: b}",
        9,
        f'.fields.plan: expected {CONTACT_FIELD}, found "plan". '
        "A field of your own is written `custom_attributes.plan`",
        id="a custom attribute needs its prefix",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, created_at: b}",
        9,
        f'.fields.created_at: expected {CONTACT_FIELD}, found "created_at", which is read-only. '
        "Use signed_up_at for the day on which a customer joined you",
        id="a read-only field says what to use instead",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, companies: b}",
        9,
        f'.fields.companies: expected {CONTACT_FIELD}, found "companies", which is read-only. '
        "Use an activation with `object: contact_company`",
        id="companies are attached by an activation of their own",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, id: b}",
        9,
        ".fields.id: expected `id` as the identifier only, found it as a field to write. "
        "Set `identifier: id`, or leave the field out",
        id="an id is never written",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, custom_attributes.: b}",
        9,
        f'.fields.custom_attributes.: expected {CONTACT_FIELD}, found "custom_attributes.". '
        "Write a name of 1 to 190 characters after `custom_attributes.`",
        id="a custom attribute has a name",
    ),
    pytest.param(
        "object: company\nbehaviour: update\nidentifier: id\nfields: {id: a, remote_created_at: b}",
        9,
        ".fields.remote_created_at: expected a field that can be written with `behaviour: update` and "
        '`identifier: id`, found "remote_created_at". Leave the field out',
        id="remote_created_at cannot be written by id",
    ),
    pytest.param(
        "object: company\nbehaviour: update\nidentifier: id\nfields: {id: a, company_id: b}",
        9,
        ".fields.company_id: expected a field that can be written with `behaviour: update` and "
        '`identifier: id`, found "company_id". Leave the field out',
        id="company_id never changes",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, email_verified: b}",
        9,
        ".fields.email_verified: expected `email` to be mapped too, found `email_verified` without it. "
        "Intercom takes `email_verified` only in a request that has `email`",
        id="email_verified goes with an email",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, email: b}\nconstants: {email: a@b.example}",
        10,
        ".constants.email: expected the field once, found it under fields as well",
        id="a field is mapped or constant, not both",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: yes}",
        9,
        ".fields.external_id: expected text, found true. "
        "Put it in quotes: YAML reads yes, no, on and off as booleans",
        id="a column that YAML takes for a boolean needs quotes",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: 7}",
        9,
        ".fields.external_id: expected text, found 7. Put it in quotes",
        id="a column is text",
    ),
    pytest.param(
        CONTACT + "fields: [external_id]",
        9,
        ".fields: expected a mapping of Intercom fields to columns, found a list",
        id="fields are a mapping",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nconstants: {role: admin}",
        10,
        '.constants.role: expected user or lead, found "admin"',
        id="a role is user or lead",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nconstants: {role: null}",
        10,
        ".constants.role: expected a value, as null cannot clear this field, found nothing",
        id="a role cannot be cleared",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nconstants: {name: on}",
        10,
        ".constants.name: expected text, found true. Put it in quotes",
        id="a boolean is no name",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nconstants: {unsubscribed_from_emails: 'yes'}",
        10,
        '.constants.unsubscribed_from_emails: expected true or false, found "yes"',
        id="a text is no boolean, as with dbt 2 where yes is text",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nconstants: {signed_up_at: 1717113600000}",
        10,
        ".constants.signed_up_at: expected a date such as 2024-05-31, or unix seconds, found 1717113600000",
        id="a time is not in milliseconds",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nconstants: {custom_attributes.tiers: [a]}",
        10,
        ".constants.custom_attributes.tiers: expected text, a number, true, false or null, found a list",
        id="a constant is no list",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nconstants: {email: nobody}",
        10,
        '.constants.email: expected an email address, found "nobody"',
        id="an email has an at sign",
    ),
    pytest.param(
        "object: contact_tag\nbehaviour: attach\nidentifier: external_id\n"
        "fields: {external_id: a, tag: b}\nconstants: {role: lead}",
        8,
        '.identifier: expected email or id for `role: lead`, found "external_id". '
        "Intercom gives each lead an external_id of its own, so yours cannot match one",
        id="no external_id is a lead's whom to tag",
    ),
    pytest.param(
        "object: contact_company\nbehaviour: attach\n"
        "fields: {contact.external_id: a, company.id: b}\nconstants: {role: lead}",
        8,
        '.fields.contact.external_id: expected email or id for `role: lead`, found "external_id". '
        "Intercom gives each lead an external_id of its own, so yours cannot match one",
        id="no external_id is a lead's who joins a company",
    ),
    pytest.param(
        "object: contact_company\nbehaviour: attach\n"
        "fields: {contact.id: a, company.id: b}\nconstants: {role: user}",
        9,
        ".constants.role: expected a role only where a contact is matched by contact.email or contact.external_id, "
        "found `contact.id`. Leave the role out: an id names one contact",
        id="an id needs no role beside it",
    ),
    pytest.param(
        "object: contact_tag\nbehaviour: attach\nidentifier: id\nfields: {id: a, tag: b}\nconstants: {role: user}",
        10,
        ".constants.role: expected a field that can be written with `behaviour: attach` and `identifier: id`, "
        'found "role". Leave the field out',
        id="a tag by id needs no role",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, name: {column: b, only_to: true}}",
        9,
        ".fields.name: expected `only_to` on a field that is true or false, found it on a field of type text. "
        "Write `name: b`",
        id="only a boolean is sent only where it is one",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, unsubscribed_from_emails: {column: b, only_to: 'yes'}}",
        9,
        '.fields.unsubscribed_from_emails.only_to: expected true or false, found "yes". '
        "Write it without quotes, or end the Jinja with `| as_bool`",
        id="what is sent only is true or false",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, unsubscribed_from_emails: {column: b, only: true}}",
        9,
        '.fields.unsubscribed_from_emails.only: expected the key column or only_to, found "only". '
        "Did you mean `only_to`?",
        id="a mapped column has two keys",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a, unsubscribed_from_emails: {only_to: true}}",
        9,
        ".fields.unsubscribed_from_emails: expected `column` in the mapping, found none",
        id="a mapped column is named",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nconstants: {role: lead}",
        8,
        '.identifier: expected email or id for `role: lead`, found "external_id". '
        "Intercom gives each lead an external_id of its own, so yours cannot match one",
        id="leads are not matched by external_id",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nremoved: detach",
        10,
        ".removed: expected ignore, archive or delete for `object: contact` with `behaviour: upsert`, "
        'found "detach"',
        id="contacts are not detached",
    ),
    pytest.param(
        "object: company\nbehaviour: update\nidentifier: company_id\nfields: {company_id: "
        "a}\nremoved: delete",
        10,
        '.removed: expected ignore for `object: company` with `behaviour: update`, found "delete"',
        id="an update removes nothing",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nenabled: 'yes'",
        10,
        '.enabled: expected true or false, found "yes". '
        "Write it without quotes, or end the Jinja with `| as_bool`",
        id="a switch is true or false",
    ),
    pytest.param(
        "object: company\nbehaviour: upsert\nidentifier: company_id\nfields: {company_id: a}\n"
        "archived: unarchive",
        10,
        '.archived: expected fail for `object: company` with `behaviour: upsert`, found "unarchive"',
        id="companies are not unarchived",
    ),
    pytest.param(
        "object: contact\nbehaviour: update\nidentifier: email\nfields: {email: a, name: b}\n"
        "archived: unarchive",
        10,
        '.archived: expected fail for `object: contact` with `behaviour: update`, found "unarchive"',
        id="an update cannot tell an archived contact from a missing one, so it unarchives none",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nfeilds: {email: b}",
        10,
        f'.feilds: expected one of the keys {KEYS}, found "feilds". Did you mean `fields`?',
        id="an unknown key gets the nearest one",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nname: Contacts!",
        10,
        '.name: expected 1 to 60 characters of a-z, 0-9 and _, found "Contacts!"',
        id="a name is plain",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nnulls: clear",
        10,
        '.nulls: expected send or skip, found "clear"',
        id="nulls are sent or skipped",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nkey: customer_id",
        10,
        '.key: expected a list of columns, found "customer_id". Write `[customer_id]`',
        id="a key is a list",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nkey: []",
        10,
        ".key: expected a list of columns, found an empty list",
        id="a key has a column",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nkey: [a, A]",
        10,
        ".key: expected each column once, found a and A",
        id="a key has a column once",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nmax_removed: 110%",
        10,
        '.max_removed: expected a whole number, or a percentage such as 10%, found "110%"',
        id="a percentage ends at 100",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nmax_removed: true",
        10,
        ".max_removed: expected a whole number, or a percentage such as 10%, found true",
        id="true is no count",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nwarn: not_found",
        10,
        '.warn: expected a list of failure codes, found "not_found"',
        id="codes are a list",
    ),
    pytest.param(
        CONTACT + "fields: {external_id: a}\nworkspace:",
        10,
        ".workspace: expected text, found nothing",
        id="a key without value says nothing",
    ),
]


@pytest.mark.parametrize(("block", "line", "message"), CASES)
def test_a_mistake_in_a_block(block, line, message, mistakes_in, one_model):
    assert [PLACE.format(line=line) + message] == mistakes_in(one_model(block))


def test_a_failure_code_has_to_exist(mistakes_in, one_model):
    block = CONTACT + "fields: {external_id: a}\nwarn: [not_found, archivd]"

    (message,) = mistakes_in(one_model(block))

    assert message.startswith(
        "models/schema.yml:10: customers: meta.intercom.warn[1]: expected a failure code"
    )
    assert message.endswith('found "archivd". Did you mean `archived`?')


def test_all_mistakes_are_told_at_once(mistakes_in):
    messages = mistakes_in("""
models:
  - name: customers
    config:
      meta:
        intercom:
          - {object: contact, behaviour: upsert, identifier: external_id, fields: {emial: b}}
          - object: company
            behaviour: upsert
            identifier: company_id
            fields: {company_id: a, user_count: b}
            nulls: maybe
            name: companies
  - name: accounts
    config: {meta: {intercom: {object: contact}}}
""")

    assert [(parts[0], parts[2]) for parts in (message.split(": ") for message in messages)] == [
        ("models/schema.yml:7", "meta.intercom[0].identifier"),
        ("models/schema.yml:7", "meta.intercom[0].fields.emial"),
        ("models/schema.yml:11", "meta.intercom[1].fields.user_count"),
        ("models/schema.yml:12", "meta.intercom[1].nulls"),
        ("models/schema.yml:15", "meta.intercom.behaviour"),
    ]


def test_a_block_that_was_not_indented_is_named(mistakes_in):
    (mistake,) = mistakes_in("""
models:
  - name: customers
    config:
      meta:
        intercom:
        object: contact
        behaviour: upsert
""")

    assert mistake == (
        "models/schema.yml:6: customers: meta.intercom: expected the keys of the activation below it, "
        "found nothing below it, and object and behaviour beside it. Indent them"
    )


def test_a_wrong_object_hides_no_other_mistake(one_model, mistakes_in):
    """And all are listed in the order of lines."""
    found = mistakes_in(
        one_model(
            "object: contacts\nbehaviour: upsert\nidentifier: emial\nnulls: keep\nfields:\n  emial: email\n  name: n"
        )
    )

    assert [each.partition(": expected")[0] for each in found] == [
        "models/schema.yml:6: customers: meta.intercom.object",
        "models/schema.yml:8: customers: meta.intercom.identifier",
        "models/schema.yml:9: customers: meta.intercom.nulls",
        "models/schema.yml:11: customers: meta.intercom.fields.emial",
    ]
