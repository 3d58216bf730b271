"""intercom.yml as a user would write it, and the environment where there is none."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import pickle

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.configuration.base_url import read_base_url
from dbt_intercom_activate.errors import ConfigurationError
from dbt_intercom_activate.intercom.hosts import is_loopback
from dbt_intercom_activate.secret import Secret

TOKEN = "dG9rOnZlcnktc2VjcmV0LXRva2Vu"

DESIGN = """\
default: "{{ 'production' if target.name == 'prod' else 'sandbox' }}"
workspaces:
  production:
    access_token: "{{ env_var('INTERCOM_ACCESS_TOKEN') }}"
    region: eu
    concurrency: "{{ env_var('CONCURRENCY', '20') | as_number }}"
    api_version: 2.17
    admin_id: 780
    requests_per_minute: 500
    timeout: 2.5
  sandbox:
    base_url: http://127.0.0.1:8765
    access_token: sandbox
ledger: {schema: activation_log, database: ops}
"""


@pytest.fixture
def configure(tmp_path):
    """Write intercom.yml and read it; None leaves it out."""

    def run(text, *, env=None, target="prod"):
        if text is not None:
            (tmp_path / "intercom.yml").write_text(text)
        return workspaces.read(tmp_path, target={"name": target, "threads": 4}, env=env or {})

    return run


@pytest.fixture
def mistakes_in(configure):
    """Return the mistakes of a file, or of its default workspace."""

    def run(text, **options):
        def use():
            config = configure(text, **options)
            config.workspace(config.default)

        with pytest.raises(ConfigurationError) as caught:
            use()
        assert TOKEN not in str(caught.value)
        return [str(mistake) for mistake in caught.value.mistakes]

    return run


def test_a_workspace_in_use_is_rendered(configure):
    config = configure(DESIGN, env={"INTERCOM_ACCESS_TOKEN": TOKEN})

    workspace = config.workspace(config.default)

    assert config.names == ("production", "sandbox")
    assert config.ledger == workspaces.LedgerPlace(schema="activation_log", database="ops")
    assert workspace.access_token.reveal() == TOKEN
    assert dataclasses.replace(workspace, access_token=Secret("")) == workspaces.WorkspaceSettings(
        name="production",
        base_url="https://api.eu.intercom.io",
        access_token=Secret(""),
        api_version="2.17",
        admin_id="780",
        concurrency=20,
        requests_per_minute=500,
        timeout=2.5,
        region="eu",
    )


def test_a_laptop_without_the_production_token_can_work(configure):
    config = configure(DESIGN, target="dev")

    workspace = config.workspace(config.default)

    assert (workspace.name, workspace.base_url) == ("sandbox", "http://127.0.0.1:8765")
    assert (workspace.concurrency, workspace.timeout, workspace.region) == (None, 30.0, None)
    assert (workspace.api_version, workspace.redirected) == ("2.16", False)


def test_the_environment_alone_is_one_workspace(configure):
    env = {"INTERCOM_ACCESS_TOKEN": TOKEN, "INTERCOM_REGION": "AU", "INTERCOM_API_VERSION": "2.20"}

    config = configure(None, env=env)
    workspace = config.workspace("default")

    assert (config.default, config.names, config.ledger.schema) == (
        "default",
        ("default",),
        "intercom_activate",
    )
    assert (workspace.base_url, workspace.api_version) == ("https://api.au.intercom.io", "2.20")


def test_the_environment_can_send_requests_to_a_sandbox(configure):
    env = {"INTERCOM_ACCESS_TOKEN": "sandbox", "INTERCOM_BASE_URL": "http://localhost:8765/"}

    workspace = configure(None, env=env).workspace("default")

    assert (workspace.base_url, workspace.region, workspace.redirected) == (
        "http://localhost:8765",
        None,
        False,
    )


def test_beside_a_file_the_environment_gives_the_base_url_only(configure):
    env = {"INTERCOM_REGION": "au", "INTERCOM_API_VERSION": "2.99", "INTERCOM_ACCESS_TOKEN": TOKEN}

    workspace = configure(DESIGN, env=env, target="dev").workspace("sandbox")

    assert (workspace.base_url, workspace.api_version) == ("http://127.0.0.1:8765", "2.16")
    assert workspace.access_token.reveal() == "sandbox"


def test_the_base_url_of_the_environment_redirects_every_workspace(configure):
    text = DESIGN.replace("INTERCOM_ACCESS_TOKEN", "PRODUCTION_TOKEN")
    env = {"INTERCOM_BASE_URL": "http://127.0.0.1:9999", "INTERCOM_ACCESS_TOKEN": "sandbox"}

    workspace = configure(text, env=env).workspace("production")

    assert (workspace.base_url, workspace.region) == ("http://127.0.0.1:9999", None)
    assert (workspace.access_token.reveal(), workspace.redirected) == ("sandbox", True)
    assert (workspace.api_version, workspace.concurrency) == ("2.17", 20)


def test_a_redirection_needs_a_token_too(configure):
    env = {"INTERCOM_BASE_URL": "http://127.0.0.1:9999"}

    with pytest.raises(ConfigurationError, match="Set INTERCOM_ACCESS_TOKEN too"):
        configure(DESIGN, env=env).workspace("sandbox")


def test_one_workspace_needs_no_default(configure):
    assert configure("workspaces: {only: {access_token: x}}").default == "only"


ONE = "workspaces:\n  only:\n    access_token: x\n"

CASES = [
    pytest.param(
        None,
        "the environment: INTERCOM_ACCESS_TOKEN: expected an access token of Intercom, found nothing. "
        "Set INTERCOM_ACCESS_TOKEN, or describe your workspaces in intercom.yml",
        id="without file and token the variable is named",
    ),
    pytest.param(
        DESIGN,
        "intercom.yml:4: workspaces.production.access_token: expected the environment variable "
        "INTERCOM_ACCESS_TOKEN, found nothing. Set it, or give `env_var` a default",
        id="a missing variable is named",
    ),
    pytest.param(
        "workspaces: [a",
        "intercom.yml:1: the file: expected YAML, found an error: "
        "expected ',' or ']', but got '<stream end>'",
        id="a file that is no YAML",
    ),
    pytest.param(
        "",
        "intercom.yml: the file: expected a mapping with default, workspaces, ledger and alerts, found nothing",
        id="an empty file",
    ),
    pytest.param(
        "ledger: {schema: a}",
        "intercom.yml: workspaces: expected a mapping of names to workspaces, found nothing",
        id="a file without workspaces",
    ),
    pytest.param(
        "workspace: {a: {}}\n" + ONE,
        'intercom.yml:1: workspace: expected default, workspaces, ledger or alerts, found "workspace". '
        "Did you mean `workspaces`?",
        id="an unknown key of the file",
    ),
    pytest.param(
        "ledger: {shema: a}\n" + ONE,
        'intercom.yml:1: ledger.shema: expected schema, database or payloads, found "shema". Did you mean `schema`?',
        id="an unknown key of the ledger",
    ),
    pytest.param(
        "ledger: {payloads: maybe}\n" + ONE,
        'intercom.yml:1: ledger.payloads: expected true or false, found "maybe". '
        "Write it without quotes, or end the Jinja with `| as_bool`",
        id="payloads that are neither kept nor not",
    ),
    pytest.param(
        "ledger: {schema: 5}\n" + ONE,
        "intercom.yml:1: ledger.schema: expected text, found 5. Put it in quotes",
        id="a schema is text",
    ),
    pytest.param(
        ONE + "  other: {access_token: y}\n",
        "intercom.yml: default: expected the default workspace: only or other, found nothing",
        id="several workspaces need a default",
    ),
    pytest.param(
        "default: onyl\n" + ONE,
        'intercom.yml:1: default: expected one of the workspaces only, found "onyl". Did you mean `only`?',
        id="the default is one of the workspaces",
    ),
    pytest.param(
        'default: "{{ targt.name }}"\n' + ONE,
        "intercom.yml:1: default: expected a Jinja template that renders, found one that fails: "
        "'targt' is undefined",
        id="a slip in Jinja",
    ),
    pytest.param(
        ONE + "    access_token: y\n",
        "intercom.yml:3: workspaces.only.access_token: expected the key once, found it twice. "
        "Keep one of them",
        id="a key that stands twice",
    ),
    pytest.param(
        "workspaces: {only: {region: us}}",
        "intercom.yml:1: workspaces.only: expected an `access_token`, found nothing. "
        "Write `access_token: \"{{ env_var('INTERCOM_ACCESS_TOKEN') }}\"`",
        id="a workspace needs a token",
    ),
    pytest.param(
        "workspaces: {only: {access_token: 5}}",
        "intercom.yml:1: workspaces.only.access_token: expected an access token, "
        "found a value that is no text. Put it in quotes",
        id="a token is text, and is not shown",
    ),
    pytest.param(
        f"workspaces: {{only: {{access_token: '{TOKEN} {TOKEN}'}}}}",
        "intercom.yml:1: workspaces.only.access_token: expected an access token, found a text with spaces or "
        "special characters in it",
        id="a token that no header can carry is not shown",
    ),
    pytest.param(
        ONE + "    regoin: us\n",
        "intercom.yml:4: workspaces.only.regoin: expected access_token, region, base_url, api_version, "
        'admin_id, concurrency, requests_per_minute or timeout, found "regoin". Did you mean `region`?',
        id="an unknown key of a workspace",
    ),
    pytest.param(
        ONE + "    region: uk\n",
        'intercom.yml:4: workspaces.only.region: expected us, eu or au, found "uk"',
        id="an unknown region",
    ),
    pytest.param(
        ONE + "    api_version: 2.20\n",
        "intercom.yml:4: workspaces.only.api_version: expected '2.16' or newer, found 2.2. "
        "Put the version in quotes",
        id="a version that YAML has shortened",
    ),
    pytest.param(
        ONE + "    api_version: '2.2'\n",
        "intercom.yml:4: workspaces.only.api_version: expected '2.16' or newer, found \"2.2\"",
        id="2.2 is older than 2.16",
    ),
    pytest.param(
        ONE + "    concurrency: 201\n",
        "intercom.yml:4: workspaces.only.concurrency: expected a whole number from 1 to 200, found 201",
        id="too much at a time",
    ),
    pytest.param(
        ONE + "    concurrency: \"{{ env_var('N', '5') }}\"\n",
        'intercom.yml:4: workspaces.only.concurrency: expected a whole number from 1 to 200, found "5". '
        "Write it without quotes, or end the Jinja with `| as_number`",
        id="Jinja makes text unless told otherwise",
    ),
    pytest.param(
        ONE + "    timeout: true\n",
        "intercom.yml:4: workspaces.only.timeout: expected seconds, up to 3600, found true",
        id="true is no number of seconds",
    ),
    pytest.param(
        ONE + "    admin_id: me\n",
        'intercom.yml:4: workspaces.only.admin_id: expected the id of an admin, a whole number, found "me"',
        id="an admin is named by id",
    ),
    pytest.param(
        ONE + "    base_url: http://api.intercom.io\n",
        "intercom.yml:4: workspaces.only.base_url: expected an https URL, or an http URL of this machine, "
        "found http to a host that is not this machine",
        id="a token does not travel in clear",
    ),
]


@pytest.mark.parametrize(("text", "message"), CASES)
def test_a_mistake_in_the_file(text, message, mistakes_in):
    assert mistakes_in(text) == [message]


def test_all_mistakes_of_a_workspace_are_told_at_once(mistakes_in):
    messages = mistakes_in("workspaces:\n  only:\n    region: uk\n    timeout: 0\n    admin_id: x\n")

    assert [message.split(": ")[1] for message in messages] == [
        "workspaces.only",
        "workspaces.only.region",
        "workspaces.only.timeout",
        "workspaces.only.admin_id",
    ]


@pytest.mark.parametrize("key", ["region", "base_url", "api_version", "admin_id", "concurrency", "timeout"])
@pytest.mark.parametrize(
    "template", ["{{ env_var('T') }}", "{{ env_var('T') | as_number }}", "{{ {}[env_var('T')] }}"]
)
def test_a_variable_in_the_wrong_place_is_not_shown(key, template, mistakes_in):
    messages = mistakes_in(ONE + f'    {key}: "{template}"\n', env={"T": TOKEN})

    assert all(TOKEN not in message for message in messages)


def with_token(secret):
    """Templates with a token in them where only its name belongs."""
    return [
        f"{{{{ env_var('{secret}') }}}}",
        f"{{{{ {secret} }}}}",
        f"{{{{ '{secret}' | {secret} }}}}",
        f"{{{{ env_var('{secret}' }}}}",
        f"{{% {secret} %}}",
    ]


@pytest.mark.parametrize("secret", [TOKEN, "dG9rOjAxMjM0NTY3OWFiY2RlZg==", "Zm9vYmFy", "0123456789abcdef"])
def test_a_token_in_the_wrong_place_is_never_shown(secret, configure):
    block = "workspaces:\n  only:\n    access_token: sandbox\n"
    keys = ("region", "base_url", "api_version", "admin_id", "concurrency", "requests_per_minute", "timeout")
    wrong_values = [*with_token(secret), f"http://{secret}/", f"{secret} {secret}"]
    texts = [
        *(f"{block}    {key}: {json.dumps(value)}\n" for key in keys for value in wrong_values),
        f"{block}    {secret}: x\n",
        f"{block}    {secret}: x\n    {secret}: y\n",
        f"{block}    region: *{secret}\n",
        f"{block}    region: !{secret} us\n",
        f"{block}{secret}: x\n",
        f"{block}ledger: {{{secret}: x}}\n",
        *(f"workspaces:\n  only:\n    access_token: {json.dumps(value)}\n" for value in with_token(secret)),
    ]
    shown = []
    for text in texts:
        with pytest.raises(ConfigurationError) as caught:
            configure(text).workspace("only")
        if secret.lower() in str(caught.value).lower():
            shown.append((text, str(caught.value)))
    assert shown == []


def test_an_unknown_workspace_gets_the_nearest_name(configure):
    with pytest.raises(ConfigurationError, match="Did you mean `production`"):
        configure(DESIGN, target="dev").workspace("prodution")


def test_text_with_braces_of_its_own_is_left_alone(configure):
    assert (
        configure("workspaces: {only: {access_token: 'a{b}%c'}}").workspace("only").access_token.reveal()
        == "a{b}%c"
    )


def test_the_sandbox_of_jinja_is_closed(mistakes_in):
    (message,) = mistakes_in("default: \"{{ ''.__class__.__mro__ }}\"\n" + ONE)

    assert "expected a Jinja template that renders" in message


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1@evil.example",
        "http://localhost:80@evil.example",
        "http://evil.example\\@127.0.0.1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1.",
        "http://2130706433",
        "http://0.0.0.0",
        "http://[::1%25eth0]",
        "http://[::2]",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://\uff11\uff12\uff17.0.0.1",
        "http://localhost\t.evil.example",
        "HTTP://API.INTERCOM.IO",
        "https://user:pass@api.intercom.io",
        "https://api.intercom.io?x=1",
        "https://",
        "//127.0.0.1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:8765",
        "",
        7,
    ],
)
def test_a_base_url_that_exposes_the_token_is_refused(url):
    noted = []

    assert read_base_url(url, ("base_url",), lambda _, **what: noted.append(what)) is None
    assert len(noted) == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.intercom.io/", "https://api.intercom.io"),
        ("HTTPS://API.eu.Intercom.IO", "https://api.eu.intercom.io"),
        ("https://proxy.example:8443/intercom/", "https://proxy.example:8443/intercom"),
        ("http://LOCALHOST:8765", "http://localhost:8765"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8765/", "http://[::1]:8765"),
    ],
)
def test_a_base_url_is_kept_in_one_spelling(url, expected):
    assert read_base_url(url, ("base_url",), pytest.fail) == expected


def test_only_this_machine_is_loopback():
    assert all(map(is_loopback, ["localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "::1"]))
    assert not any(map(is_loopback, ["", "localhost.example", "126.0.0.1", "10.0.0.1", "::"]))


def test_a_secret_shows_itself_to_nobody():
    secret = Secret(TOKEN)
    workspace = workspaces.WorkspaceSettings("only", "https://api.intercom.io", secret)

    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        repr(workspace),
        dataclasses.asdict(workspace),
    ]

    assert TOKEN not in str(shown)
    assert copy.deepcopy(secret) == secret
    with pytest.raises(TypeError):
        pickle.dumps(secret)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)
TEMPLATES = st.sampled_from(
    ["{{ env_var('A') }}", "{{ 1 / 0 }}", "{{ target.x.y }}", "{{", "{% for %}", "{{ [] | as_native }}"]
)
ENTRY = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("access_token", "region", "base_url", "api_version", "admin_id", "concurrency", "timeout", "x"),
        JUNK | TEMPLATES,
    ),
)
FILES = st.fixed_dictionaries(
    {"workspaces": st.dictionaries(st.sampled_from(["a", "b"]), ENTRY | JUNK) | JUNK},
    optional={"default": JUNK | TEMPLATES | st.just("a"), "ledger": JUNK | TEMPLATES, "x": JUNK},
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=FILES | JUNK)
def test_junk_is_a_mistake_and_never_a_crash(document, configure):
    with contextlib.suppress(ConfigurationError):
        config = configure(yaml.safe_dump(document, allow_unicode=True))
        config.workspace(config.default)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="ab:-[]{}&*!<>|'\"%#\n 1.~=", max_size=30))
def test_text_that_is_hardly_yaml_is_a_mistake(text, configure):
    with contextlib.suppress(ConfigurationError):
        configure(text).workspace("a")


@pytest.mark.parametrize(
    ("target", "env", "page"),
    [
        ("prod", {}, "https://app.eu.intercom.com"),
        ("prod", {"INTERCOM_BASE_URL": "http://127.0.0.1:1"}, "https://app.eu.intercom.com"),
        ("dev", {}, "http://127.0.0.1:8765"),
    ],
)
def test_the_page_of_a_workspace_needs_no_token(configure, target, env, page):
    config = configure(DESIGN, target=target, env=env)
    assert config.page_of(config.default) == page


def test_the_page_of_the_only_workspace_is_its_regions(configure):
    assert configure(None, env={"INTERCOM_REGION": "au"}).page_of("default") == "https://app.au.intercom.com"
    with pytest.raises(ConfigurationError):
        configure("workspaces: {a: {region: mars}}").page_of("a")


HOOK = "https://hooks.example.com/services/T0/B0/Zx8secret?sig=Zx8secret"


def test_alerts_are_read_with_their_query(configure):
    text = f"{ONE}alerts: {{url: '{HOOK}', form: slack}}\n"
    alerts = configure(text, env={"INTERCOM_ACCESS_TOKEN": TOKEN}).alerts()
    assert (alerts.url, alerts.form.value) == (Secret(HOOK), "slack")
    assert "Zx8" not in repr(alerts)
    assert configure(ONE).alerts() is None


@pytest.mark.parametrize(
    ("alerts", "mistake"),
    [
        ("5", "expected a mapping with `url` and `form`, found something else"),
        ("{form: json}", "expected the `url` of a webhook, found nothing"),
        (f"{{url: '{HOOK}', forn: json}}", "Did you mean `form`?"),
        (f"{{url: '{HOOK}', form: Zx8secret}}", "alerts.form: expected json or slack"),
        ("{url: 'http://hooks.example.com/Zx8secret'}", "found http to a host that is not this machine"),
        ("{url: 'https://me:Zx8secret@example.com/'}", "found a URL with a user name or password in it"),
        (
            "{url: [Zx8secret]}",
            "expected an https URL, or an http URL of this machine, found a value that is",
        ),
        (
            "{url: \"{{ env_var('ALERTS_URL') }}\"}",
            "expected the environment variable ALERTS_URL, found nothing",
        ),
    ],
)
def test_a_mistake_in_alerts_is_told_without_the_url(configure, alerts, mistake):
    with pytest.raises(ConfigurationError) as raised:
        configure(f"{ONE}alerts: {alerts}\n").alerts()
    assert mistake in str(raised.value)
    assert "Zx8" not in str(raised.value)
