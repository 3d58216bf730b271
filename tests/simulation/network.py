"""What lies between the product and Intercom: it loses, delays, reorders, cuts, forges and doubles.

It stands where the product's own connections do, and hands over what these would: an answer to its end, by whomever, or
that there was none. What happens below, to single bytes, is tested over real sockets in `tests/intercom`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scheduler import Killed

from dbt_intercom_activate.intercom.connections import Missed, Reply

if TYPE_CHECKING:
    from random import Random

    from intercom_model import Intercom, Wire
    from machine import Process
    from scheduler import Scheduler

TIMEOUT = 30.0


@dataclass(frozen=True)
class Weather:
    """How often what happens to a call: shares of all calls, from 0 to 1."""

    unsent: float = 0.0
    """No connection came about."""
    lost: float = 0.0
    """It was carried out, and the answer never came."""
    swallowed: float = 0.0
    """It never arrived, and nobody says so."""
    late: float = 0.0
    """It is carried out when nobody waits for its answer any more."""
    cut: float = 0.0
    """Of the answer comes a part."""
    forged: float = 0.0
    """Somebody else answers, and Intercom never hears of it."""
    veiled: float = 0.0
    """Somebody else answers after Intercom has carried it out."""
    doubled: float = 0.0
    """The answer before this one comes again, in place of this one's."""
    failing: float = 0.0
    """500, 502, 503, 504, carried out or not."""
    throttled: float = 0.0
    """429, for a reason that is not the pace."""
    slow: float = 0.05
    """Seconds of a way, on average."""


HEALTHY = Weather()
OUTAGE = Weather(unsent=0.6, swallowed=0.4)
DEAF = Weather(lost=0.6)
"""Requests get through, and most answers do not."""

_HTML = {"Content-Type": "text/html"}
_JSON = {"Content-Type": "application/json"}
FORGERIES: tuple[Reply, ...] = (
    Reply(200, _HTML, b"<html>Welcome to our wireless network</html>"),
    Reply(200, _JSON, b""),
    Reply(200, _JSON, b"[]"),
    Reply(200, _JSON, b'{"type":"contact"}'),
    Reply(200, _JSON, b'{"id":12}'),
    Reply(200, _JSON, b'{"type":"error.list","errors":[]}'),
    Reply(202, _HTML, b"<html>Please wait</html>"),
    Reply(302, {**_HTML, "Location": "https://login.example"}, b""),
    Reply(403, _HTML, b"<html>Forbidden by your proxy</html>"),
    Reply(404, _HTML, b"<html>404 page not found</html>"),
    Reply(404, _JSON, b'{"message":"no route"}'),
    Reply(409, _HTML, b"<html>conflict</html>"),
    Reply(410, _HTML, b"<html>gone</html>"),
    Reply(413, _HTML, b"<html>too large</html>"),
    Reply(502, _HTML, b"<html>bad gateway</html>"),
    Reply(503, _HTML, b"<html>try later</html>"),
)
"""What answers though it is not Intercom."""


class Network:
    """The ways from all machines to Intercom."""

    def __init__(self, scheduler: Scheduler, intercom: Intercom, chance: Random) -> None:
        self.scheduler, self.intercom, self.chance = scheduler, intercom, chance
        self.weather = HEALTHY
        self.trace: list[tuple[Any, ...]] = []
        self.left: list[str] = []
        """What was ever sent, whatever became of it."""

    def way(self) -> float:
        """Seconds that something takes to get through."""
        return self.chance.expovariate(1 / self.weather.slow) if self.weather.slow else 0.0

    def fault(self) -> str | None:
        """What happens to the next call."""
        weather, drawn = self.weather, self.chance.random()
        for name in (
            "unsent",
            "lost",
            "swallowed",
            "late",
            "cut",
            "forged",
            "veiled",
            "doubled",
            "failing",
            "throttled",
        ):
            drawn -= getattr(weather, name)
            if drawn < 0:
                return name
        return None


class Connection:
    """Stands in for `intercom.connections.Connection`."""

    def __init__(self, network: Network, process: Process) -> None:
        self._network, self._process = network, process
        self._before: Reply | None = None
        self._overdue: Reply | None = None
        """The answer to the request before, which nobody waited for: the next one on this connection gets it."""

    def close(self) -> None:
        """What was on its way back is gone."""
        self._before = self._overdue = None

    def exchange(self, method: str, target: str, body: bytes | None) -> Reply | Missed:
        """Send a request; what comes back is what the network makes of it."""
        network, process = self._network, self._process
        fault = network.fault()
        process.step()
        overdue, self._overdue = self._overdue, None
        if fault == "unsent":
            network.scheduler.sleep(network.way())
            outcome: Reply | Missed = Missed.UNSENT
        elif fault == "forged":
            network.left.append(f"{method} {target} {(body or b'').decode()}")
            network.scheduler.sleep(2 * network.way())
            outcome = network.chance.choice(FORGERIES)
        else:
            outcome = self._arrive(method, target, body, fault)
        if overdue is not None and isinstance(outcome, Reply):
            outcome, self._overdue = overdue, outcome
        told = outcome.value if isinstance(outcome, Missed) else outcome.status
        network.trace.append((round(network.scheduler.now, 6), process.name, method, target, fault, told))
        process.step()
        self._before = outcome if isinstance(outcome, Reply) and fault is None else None
        return outcome

    def _arrive(self, method: str, target: str, body: bytes | None, fault: str | None) -> Reply | Missed:
        network, scheduler, chance = self._network, self._network.scheduler, self._network.chance
        network.left.append(f"{method} {target} {(body or b'').decode()}")

        def carry_out() -> Wire:
            return network.intercom.answer(self._process.name, method, target, body)

        if fault == "throttled":
            scheduler.sleep(network.way())
            wire = network.intercom.refusal(429, "too_many_requests", "retry later")
            return Reply(wire.status, wire.headers, wire.body)
        if fault == "swallowed" or (fault == "failing" and chance.random() < 0.5):
            scheduler.sleep(TIMEOUT if fault == "swallowed" and chance.random() < 0.5 else network.way())
            return Missed.LOST if fault == "swallowed" else self._failure(chance)
        if fault == "late":
            # Not after the run: what a dead connection still carries arrives within seconds, or never.
            scheduler.later(chance.random() * 3, carry_out)
            scheduler.sleep(network.way())
            return Missed.LOST
        try:
            scheduler.sleep(network.way())
        except Killed:
            if chance.random() < 0.5:  # it had left
                carry_out()
            raise
        wire = carry_out()
        self._process.call()
        scheduler.sleep(network.way())
        return self._made_of(wire, fault, chance)

    def _made_of(self, wire: Wire, fault: str | None, chance: Random) -> Reply | Missed:
        if fault == "lost":
            self._overdue = Reply(wire.status, wire.headers, wire.body)
            return Missed.LOST
        if fault == "failing":
            return self._failure(chance)
        if fault == "veiled":
            return chance.choice(FORGERIES)
        if fault == "cut":
            cut = wire.body[: chance.randrange(len(wire.body))] if wire.body else b'{"'
            return Missed.LOST if chance.random() < 0.5 else Reply(wire.status, wire.headers, cut)
        if fault == "doubled" and self._before is not None and self._before.status == 200:
            return self._before
        return Reply(wire.status, wire.headers, wire.body)

    def _failure(self, chance: Random) -> Reply:
        status = chance.choice((500, 502, 503, 504))
        wire = self._network.intercom.refusal(status, "server_error", "Server Error")
        return Reply(wire.status, wire.headers, wire.body)
