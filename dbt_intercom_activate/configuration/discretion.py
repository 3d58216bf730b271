"""What a message about intercom.yml may show: a token may stand anywhere in it, by a slip of the hand."""

from __future__ import annotations

import re

HIDDEN = "a text that is not shown, as it may be a token"

_SHORT_WORD = re.compile(r"[a-z][a-z_]{0,24}|-?[0-9][0-9.]{0,7}", re.ASCII)
"""Keys, regions, versions and counts. A token of Intercom has capitals and digits, and is longer."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", re.ASCII)
"""The name of an environment variable as people write it."""

_WORDS = re.compile(r"[\w=+/]+")
_QUOTED = re.compile(r"""(['"])(.*?)\1""", re.DOTALL)


def is_harmless(text: str) -> bool:
    """Whether a text can be no token, so that a message may show it."""
    return _SHORT_WORD.fullmatch(text) is not None


def is_variable_name(text: str) -> bool:
    """Whether a text looks like the name of an environment variable, and so not like a token."""
    return len(text) <= 60 and _VARIABLE.fullmatch(text) is not None


def without_quotations(message: str) -> str:
    """The message of a library, without what it quotes of the file, but for short words."""

    def shown(quoted: re.Match[str]) -> str:
        # Libraries quote phrases of their own too: 'end of print statement', '<stream end>', '%}'.
        harmless = all(map(is_harmless, _WORDS.findall(quoted[2])))
        return quoted[0] if harmless else f"{quoted[1]}…{quoted[1]}"

    return _QUOTED.sub(shown, message)
