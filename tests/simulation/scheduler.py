"""Many threads of which one runs at a time, in an order that follows from a seed, and a clock that nobody waits for.

A thread is a real one of the operating system, since the product's code blocks where it likes. It runs until it comes
to a place where another may go on: a clock is read, a lock is taken, a call is made, it sleeps. There the scheduler
chooses who goes on. When nobody can, the clock jumps to the moment for which the first of those that sleep waits.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 2e-5
"""Seconds that pass while a clock is read: two readings are never the same."""

CHANCE_OF_A_SWITCH = 0.3
"""How often another thread goes on at a place where this one need not wait."""


class Killed(BaseException):
    """The process of this thread is dead: nothing that it does has an effect any more."""


class Stuck(AssertionError):
    """Every thread waits for another."""


class Life:
    """What the threads of one process share: they die together, and sleep together when their machine does."""

    def __init__(self, name: str = "world") -> None:
        self.name = name
        self.dead = False
        self.asleep_until = 0.0
        self.slept = 0.0
        """Seconds that the machine has been suspended in all."""


class Thread:
    """One flow of control; `life` is that of its process."""

    def __init__(self, name: str, life: Life) -> None:
        self.name = name
        self.life = life
        self.ready = True
        self.wake_at: float | None = None
        """When it goes on though nobody woke it."""
        self.timed_out = False
        self.done = False
        self.error: BaseException | None = None
        self.joiners: list[Thread] = []
        self.gate = threading.Lock()
        """Held while the thread waits for its turn."""
        self.gate.acquire()


class _Carrier(threading.Thread):
    """A real thread that carries one thread of a scheduler after the other: they cost too much to make anew."""

    free: list[_Carrier] = []  # noqa: RUF012 (all of the process)

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.work: Callable[[], None] | None = None
        self.begin = threading.Lock()
        self.begin.acquire()
        self.start()

    @classmethod
    def carry(cls, work: Callable[[], None]) -> None:
        carrier = cls.free.pop() if cls.free else cls()
        carrier.work = work
        carrier.begin.release()

    def run(self) -> None:
        while True:
            self.begin.acquire()
            if self.work is not None:
                self.work()


class Scheduler:
    """Decides who runs, and what time it is.

    Args:
        seed: The same one gives the same order of everything.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"schedule {seed}")
        self._threads: list[Thread] = []
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._stuck: Stuck | None = None
        self.now = 0.0
        """Seconds since the beginning of this world, by its one true clock."""
        self.current = Thread("world", Life())
        self._threads.append(self.current)

    def spawn(self, name: str, work: Callable[[], None], life: Life | None = None) -> Thread:
        """Begin a thread; it runs when it is chosen."""
        thread = Thread(name, life or self.current.life)
        self._threads.append(thread)

        def carried() -> None:
            carrier = threading.current_thread()
            thread.gate.acquire()
            try:
                self._raise_if_dead(thread)
                work()
            except Killed:
                pass
            except BaseException as error:  # noqa: BLE001 (told to whoever joins)
                thread.error = error
            thread.done, thread.ready = True, False
            self._threads.remove(thread)
            for each in thread.joiners:
                self.wake(each)
            _Carrier.free.append(carrier)  # type: ignore[arg-type]
            self._hand_over(self._choose())

        _Carrier.carry(carried)
        return thread

    def join(self, thread: Thread) -> None:
        """Wait until a thread has ended; raises what it raised."""
        while not thread.done:
            thread.joiners.append(self.current)
            self.block()
        if thread.error is not None:
            raise thread.error

    def later(self, delay: float, work: Callable[[], None]) -> None:
        """Have the world do something after so many seconds; it may not block."""
        heapq.heappush(self._timers, (self.now + delay, next(self._numbers), work))

    def pause(self) -> None:
        """Another thread may go on here."""
        life = self.current.life
        if life.dead:
            raise Killed
        if self._random.random() < CHANCE_OF_A_SWITCH or life.asleep_until > self.now:
            self._switch()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.block(max(0.0, seconds))

    def block(self, timeout: float | None = None) -> bool:
        """Wait to be woken, so many seconds at most; whether it was."""
        me = self.current
        self._raise_if_dead(me)
        me.ready, me.timed_out = False, False
        me.wake_at = None if timeout is None else self.now + timeout
        self._switch()
        return not me.timed_out

    def wake(self, thread: Thread) -> None:
        """Let a thread that waits go on."""
        if not thread.done:
            thread.ready, thread.wake_at = True, None

    def kill(self, life: Life) -> None:
        """End a process: each of its threads ends at the next place where it would do anything."""
        life.dead = True
        life.asleep_until = 0.0
        for thread in self._threads:
            if thread.life is life:
                self.wake(thread)

    def read_clock(self) -> float:
        """What time it is; another thread may go on first."""
        self.pause()
        self.now += TICK
        return self.now

    def _switch(self) -> None:
        me, chosen = self.current, self._choose()
        if chosen is not me:
            self._hand_over(chosen)
            me.gate.acquire()
        if self._stuck is not None:
            raise self._stuck
        self._raise_if_dead(me)

    def _hand_over(self, chosen: Thread) -> None:
        self.current = chosen
        chosen.gate.release()

    def _choose(self) -> Thread:
        while True:
            if self._timers:
                self._run_timers()
            able = [each for each in self._threads if self._is_able(each)]
            if able:
                return able[0] if len(able) == 1 else able[int(self._random.random() * len(able))]
            moment = self._next_moment()
            if moment is None:
                self._stuck = Stuck(", ".join(each.name for each in self._threads))
                return self._threads[0]
            self.now = moment

    def _is_able(self, thread: Thread) -> bool:
        if thread.ready:
            return thread.life.asleep_until <= self.now
        if thread.wake_at is None or thread.wake_at > self.now or thread.life.asleep_until > self.now:
            return False
        thread.ready, thread.wake_at, thread.timed_out = True, None, True
        return True

    def _next_moment(self) -> float | None:
        moments = [self._timers[0][0]] if self._timers else []
        moments += [
            max(each.wake_at or 0.0, each.life.asleep_until)
            for each in self._threads
            if each.ready or each.wake_at is not None
        ]
        return max(self.now, min(moments)) if moments else None

    def _run_timers(self) -> None:
        while self._timers and self._timers[0][0] <= self.now:
            heapq.heappop(self._timers)[2]()

    @staticmethod
    def _raise_if_dead(thread: Thread) -> None:
        if thread.life.dead:
            raise Killed


class Lock:
    """`threading.Lock`, and `RLock` as far as nobody takes it twice."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._held = False
        self._waiting: deque[Thread] = deque()

    def acquire(self) -> bool:
        self._scheduler.pause()
        while self._held:
            self._waiting.append(self._scheduler.current)
            self._scheduler.block()
        self._held = True
        return True

    def release(self) -> None:
        self._held = False
        while self._waiting:
            self._scheduler.wake(self._waiting.popleft())

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Condition(Lock):
    """`threading.Condition` with a lock of its own."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler)
        self._listening: deque[Thread] = deque()

    def wait(self, timeout: float | None = None) -> bool:
        me = self._scheduler.current
        self._listening.append(me)
        self.release()
        try:
            return self._scheduler.block(timeout)
        finally:
            if me in self._listening:
                self._listening.remove(me)
            self.acquire()

    def notify(self, n: int = 1) -> None:
        for _ in range(min(n, len(self._listening))):
            self._scheduler.wake(self._listening.popleft())

    def notify_all(self) -> None:
        self.notify(len(self._listening))


class Event:
    """`threading.Event`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._set = False
        self._waiting: list[Thread] = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        for each in self._waiting:
            self._scheduler.wake(each)
        self._waiting.clear()

    def wait(self, timeout: float | None = None) -> bool:
        if not self._set:
            self._waiting.append(self._scheduler.current)
            self._scheduler.block(timeout)
        return self._set


class Queue:
    """`queue.SimpleQueue`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._items: deque[Any] = deque()
        self._waiting: list[Thread] = []

    def put(self, item: Any) -> None:
        self._items.append(item)
        for each in self._waiting:
            self._scheduler.wake(each)
        self._waiting.clear()

    def get(self, timeout: float | None = None) -> Any:
        self._scheduler.pause()
        while not self._items:
            self._waiting.append(self._scheduler.current)
            if not self._scheduler.block(timeout) and not self._items:
                raise Empty
        return self._items.popleft()


@dataclass
class _Task:
    future: Future[Any]
    work: Callable[..., Any]
    arguments: tuple[Any, ...]

    def run(self) -> None:
        try:
            result = self.work(*self.arguments)
        except Killed:
            raise
        except BaseException as error:  # noqa: BLE001 (as `concurrent.futures` does)
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


@dataclass
class Pool:
    """`concurrent.futures.ThreadPoolExecutor`."""

    scheduler: Scheduler
    size: int
    _tasks: deque[_Task] = field(default_factory=deque)
    _idle: list[Thread] = field(default_factory=list)
    _threads: list[Thread] = field(default_factory=list)
    _shut: bool = False

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        task = _Task(Future(), work, arguments)
        self._tasks.append(task)
        if self._idle:
            self.scheduler.wake(self._idle.pop())
        elif len(self._threads) < self.size:
            name = f"{self.scheduler.current.life.name} worker {len(self._threads)}"
            self._threads.append(self.scheduler.spawn(name, self._work))
        return task.future

    def _work(self) -> None:
        while True:
            if self._tasks:
                self._tasks.popleft().run()
            elif self._shut:
                return
            else:
                self._idle.append(self.scheduler.current)
                self.scheduler.block()

    def __enter__(self) -> Pool:  # noqa: PYI034 (nothing derives from it)
        return self

    def __exit__(self, *_: object) -> None:
        self._shut = True
        for each in self._threads:
            self.scheduler.wake(each)
        for each in self._threads:
            self.scheduler.join(each)
