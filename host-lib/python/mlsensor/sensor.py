"""Sensor: one ML sensor, as a program sees it."""
import asyncio
import ctypes
import select
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Any, Callable, Deque, Dict, Iterator, Mapping, Optional, Tuple, Type, TypeVar, Union, cast

from . import _native
from ._native import library
from .errors import InvalidArgument, NoDevice, error_of
from .registers import (NO_LABEL, REGISTERS, WINDOWS, Capability, Command, Decision, EventType, Profile, Register, ResultFlag,
                        ScoreKind, Selftest, StatusCode)

Value = Union[int, str, bytes]  # Numbers of enumerations and flags come as IntEnum and IntFlag of mlsensor.registers.
T = TypeVar("T")
R = TypeVar("R", bound="Reading")

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _named(kind: Callable[[int], T], value: int) -> T:
    """The member of an enumeration; the plain number where a newer module knows more of them."""
    try:
        return kind(value)
    except ValueError:
        return value  # type: ignore[return-value]


@dataclass(frozen=True)
class Box:
    """Something in the picture; all from 0 to 1, of the picture's width or height. The origin is its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    score: float


@dataclass(frozen=True)
class Reading:
    """The latest result. Act only on one that is usable: valid, not stale, and taken within the envelope."""

    usable: bool
    decision: Decision  # UNKNOWN also where it is not usable
    score: float  # 0 to 1; what it means is score_kind
    score_kind: ScoreKind
    label: str  # name of the class; "" for none
    count: int
    objects: Tuple[Box, ...]
    flags: ResultFlag
    sequence: int
    captured_ms: int  # by the module's clock
    age_ms: int
    config_generation: int


@dataclass(frozen=True)
class Person(Reading):
    """The latest result of a person sensor."""

    @property
    def present(self) -> bool:
        """Somebody is there. False also while nobody knows: see `unknown`."""
        return self.decision == Decision.POSITIVE

    @property
    def unknown(self) -> bool:
        return self.decision == Decision.UNKNOWN


@dataclass(frozen=True)
class Keyword(Reading):
    """The latest result of a keyword sensor."""

    @property
    def word(self) -> str:
        """The word that is being heard; "" for none."""
        return self.label


@dataclass(frozen=True)
class Event:
    """Something that happened. With `sequence` 0 nothing did: then it only tells of `lost` and `restarted`."""

    sequence: int
    type: EventType
    label: str  # name of the class; "" for none
    score: Optional[float]  # 0 to 1; for detection, presence and result
    decision: Optional[Decision]  # for presence and result
    host_time: datetime  # when it happened, by the host's wall clock (UTC) ...
    uncertainty_s: float  # ... give or take this
    time_ms: int  # by the module's clock
    flags: ResultFlag
    value: int  # meaning depends on `type`, see the register map
    detail: int
    lost: int  # events right before this one that will never come
    restarted: bool  # the module has started anew since the event before


@dataclass(frozen=True)
class Info:
    """Who a module is. Ids and hashes in hexadecimal."""

    profile: Profile
    labels: Tuple[str, ...]
    capabilities: Capability
    firmware: str
    interface: str
    vendor_id: int
    product_id: int
    hardware_revision: int
    model_id: int
    event_capacity: int
    unique_id: str
    boot_id: str
    firmware_sha256: str
    model_sha256: str
    datasheet_sha256: str


@dataclass(frozen=True)
class SelfTestReport:
    """Outcome of a self-test."""

    tests_run: Selftest
    tests_failed: Selftest
    duration_ms: int
    run_count: int
    expected_answer: int
    actual_answer: int

    @property
    def passed(self) -> bool:
        return not self.tests_failed


def _event(raw: _native.Event) -> Event:
    kind = _named(EventType, raw.type)
    has_score = kind in (EventType.DETECTION, EventType.PRESENCE, EventType.RESULT)
    has_decision = kind in (EventType.PRESENCE, EventType.RESULT)
    return Event(
        sequence=raw.sequence, type=kind, label=raw.word.decode("utf-8", "replace"), score=raw.value / 1000 if has_score else None,
        decision=_named(Decision, raw.detail) if has_decision else None,
        host_time=_EPOCH + timedelta(microseconds=raw.host_time_us), uncertainty_s=raw.uncertainty_us / 1e6, time_ms=raw.time_ms,
        flags=ResultFlag(raw.flags), value=raw.value, detail=raw.detail, lost=raw.lost, restarted=bool(raw.restarted))


def _decode(register: Register, window: bytes) -> Value:
    raw = window[register.offset:register.offset + register.size_bytes]
    if register.type == "bytes":
        return raw
    if register.type == "text":
        return raw.rstrip(b"\0").decode("utf-8", "replace")
    number = int.from_bytes(raw, "little")
    return cast(int, _named(register.values, number)) if register.values else number


def _find(name: str) -> Register:
    register = REGISTERS.get(name) or REGISTERS.get(f"config.{name}")
    if register is None:
        raise InvalidArgument(f"{name}: there is no such register", StatusCode.INVALID_ARGUMENT)
    return register


class Config(Mapping[str, Value]):
    """The staged configuration, by the names of the register map: `sensor.config["on_delay_ms"] = 500` stages a value,
    `sensor.config.commit()` makes what is staged active, all of it or, where it contradicts itself, nothing."""

    def __init__(self, sensor: "Sensor") -> None:
        self._sensor = sensor

    def __getitem__(self, name: str) -> Value:
        if f"config.{name}" not in REGISTERS:
            raise KeyError(name)
        return self._sensor.get(f"config.{name}")

    def __setitem__(self, name: str, value: int) -> None:
        if f"config.{name}" not in REGISTERS:
            raise KeyError(name)
        self._sensor.set(f"config.{name}", value)

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in (r.name.split(".")[1] for r in WINDOWS["config"].registers)
                    if name != "crc" and not name.startswith("reserved"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def commit(self, store: bool = False) -> None:
        """Makes the staged values active; with `store` keeps them without power too. Rejected: `field` tells which is wrong."""
        self._sensor.run(Command.COMMIT)
        if store:
            self._sensor.run(Command.STORE)

    def apply(self, store: bool = False, **values: int) -> None:
        """Stages these values and commits."""
        for name, value in values.items():
            self[name] = value
        self.commit(store)

    def revert(self) -> None:
        """Sets the staged values back to the active ones."""
        self._sensor.run(Command.REVERT)

    def factory_reset(self) -> None:
        """Activates the values that the module was made with, and forgets the stored ones."""
        self._sensor.run(Command.FACTORY_RESET)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class Events:
    """Events as they come: `for event in ...` or `async for event in ...`. Made by Sensor.events."""

    def __init__(self, sensor: "Sensor", duration: Optional[float]) -> None:
        self._sensor = sensor
        self._end = None if duration is None else time.monotonic() + duration

    def _left_s(self) -> Optional[float]:
        return None if self._end is None else self._end - time.monotonic()

    def __iter__(self) -> "Events":
        return self

    def __next__(self) -> Event:
        fd = self._sensor.fileno()
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        while True:
            event = self._sensor.next_event()
            if event is not None:
                return event
            left_s = self._left_s()
            if left_s is not None and left_s <= 0:
                raise StopIteration
            poll.poll(None if left_s is None else left_s * 1000 + 1)

    def __aiter__(self) -> "Events":
        return self

    async def __anext__(self) -> Event:
        loop = asyncio.get_running_loop()
        while True:
            # Bus calls wait for the module: not in the loop's own thread.
            await asyncio.to_thread(self._sensor._take_events)
            event = self._sensor._taken()
            if event is not None:
                return event
            left_s = self._left_s()
            if left_s is not None and left_s <= 0:
                raise StopAsyncIteration
            readable: "asyncio.Future[None]" = loop.create_future()
            fd = self._sensor.fileno()
            loop.add_reader(fd, _settle, readable)
            try:
                await asyncio.wait([readable], timeout=left_s)
            finally:
                loop.remove_reader(fd)


class Sensor:
    """One module on one bus. Use it with `with`, or close it.

    May be used by several threads: calls wait for each other. Each call ends within `timeout` seconds unless it says otherwise, and
    raises an Error of its kind.

    uri       unix:PATH, tcp:HOST:PORT, serial:DEVICE[@BAUD] ...: see mlsensor.uri_forms()
    timeout   total time of a call in seconds, all its transactions and retries together
    attempts  how often one transaction is tried before the call fails
    """

    def __init__(self, uri: str, *, timeout: float = 1.0, attempts: int = 3) -> None:
        self.uri = uri
        self._lock = threading.Lock()
        self._events: Deque[Event] = deque()
        options = _native.Options()
        options.timeout_ms, options.attempts = max(1, round(timeout * 1000)), attempts
        handle = ctypes.c_void_p()
        status = library.mls_open(uri.encode(), ctypes.byref(options), ctypes.byref(handle))
        self._handle: Optional[ctypes.c_void_p] = handle
        self._close = weakref.finalize(self, library.mls_close, handle)
        if status != StatusCode.OK:
            error = self._error(status)
            self.close()
            raise error

    def close(self) -> None:
        """Closes the bus. Later calls raise NoDevice."""
        with self._lock:
            self._handle = None
            self._close()

    def __enter__(self) -> "Sensor":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<mlsensor.Sensor {self.uri}{' (closed)' if self._handle is None else ''}>"

    def _error(self, status: int) -> Exception:
        text = library.mls_error_message(self._handle).decode("utf-8", "replace")
        return error_of(status, text, library.mls_error_verdict(self._handle), library.mls_error_field(self._handle).decode())

    def _open_handle(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise NoDevice(f"{self.uri}: the sensor is closed", StatusCode.NO_DEVICE)
        return self._handle

    def _call(self, function: Any, *arguments: Any) -> None:
        with self._lock:
            status = function(self._open_handle(), *arguments)
            if status != StatusCode.OK:
                raise self._error(status)

    def info(self) -> Info:
        """Who it is: profile, versions, ids, hashes, names of the classes."""
        raw = _native.Info()
        self._call(library.mls_read_info, ctypes.byref(raw))
        labels = []
        for number in range(raw.label_count):
            name = (ctypes.c_char * _native.NAME_BYTES)()
            self._call(library.mls_read_label, number, name)
            labels.append(name.value.decode("utf-8", "replace"))
        return Info(
            profile=_named(Profile, raw.profile), labels=tuple(labels), capabilities=Capability(raw.capabilities),
            firmware=f"{raw.firmware_major}.{raw.firmware_minor}.{raw.firmware_patch}",
            interface=f"{raw.interface_major}.{raw.interface_minor}", vendor_id=raw.vendor_id, product_id=raw.product_id,
            hardware_revision=raw.hardware_revision, model_id=raw.model_id, event_capacity=raw.event_capacity,
            unique_id=bytes(raw.unique_id).hex(), boot_id=bytes(raw.boot_id).hex(), firmware_sha256=bytes(raw.firmware_sha256).hex(),
            model_sha256=bytes(raw.model_sha256).hex(), datasheet_sha256=bytes(raw.datasheet_sha256).hex())

    def _read(self, function: Any, kind: Type[R]) -> R:
        raw = _native.Reading()
        self._call(function, ctypes.byref(raw))
        usable = bool(raw.usable)
        boxes = tuple(Box(o.x / 255, o.y / 255, o.width / 255, o.height / 255, o.score / 255) for o in raw.objects if o.width)
        return kind(
            usable=usable, decision=_named(Decision, raw.decision) if usable else Decision.UNKNOWN, score=raw.score_permille / 1000,
            score_kind=_named(ScoreKind, raw.score_kind), label=raw.word.decode("utf-8", "replace"), count=raw.count,
            objects=boxes if usable else (), flags=ResultFlag(raw.flags), sequence=raw.sequence, captured_ms=raw.captured_ms,
            age_ms=raw.age_ms, config_generation=raw.config_generation)

    def read(self) -> Reading:
        """The latest result, whatever the module senses."""
        return self._read(library.mls_read_generic, Reading)

    def person(self) -> Person:
        """The latest result of a person sensor. Unsupported: it is none."""
        return self._read(library.mls_read_person, Person)

    def keyword(self) -> Keyword:
        """The latest result of a keyword sensor. Unsupported: it is none."""
        return self._read(library.mls_read_keyword, Keyword)

    def window(self, name: str, index: int = 0) -> Dict[str, Value]:
        """All registers of a window under their short names: window("status")["uptime_ms"], window("label", 1)["text"]."""
        data = (ctypes.c_uint8 * 32)()
        length = ctypes.c_size_t()
        self._call(library.mls_read_window, name.encode(), index, data, len(data), ctypes.byref(length))
        raw = bytes(data[:length.value])
        return {register.name.split(".")[1]: _decode(register, raw) for register in WINDOWS[name].registers}

    def get(self, name: str) -> Value:
        """One register: get("power.energy_uj"), get("on_delay_ms")."""
        window, _, field = _find(name).name.partition(".")
        return self.window(window)[field]

    def set(self, name: str, value: int) -> None:
        """Writes one register. One of the configuration is staged: see `config`."""
        if not 0 <= value < 1 << 64:
            raise InvalidArgument(f"{name}: {value} is out of range", StatusCode.OUT_OF_RANGE)
        self._call(library.mls_set, _find(name).name.encode(), value)

    @property
    def config(self) -> Config:
        """The staged configuration."""
        return Config(self)

    def run(self, command: Command, timeout: Optional[float] = None) -> None:
        """Runs a command and waits for the module's verdict, at most `timeout` seconds."""
        self._call(library.mls_run_command, command, 0 if timeout is None else max(1, round(timeout * 1000)))

    def self_test(self, timeout: float = 30.0) -> SelfTestReport:
        """Runs the self-test, at most `timeout` seconds long. A test that failed raises nothing: see `passed`."""
        raw = _native.SelfTestReport()
        self._call(library.mls_self_test, max(1, round(timeout * 1000)), ctypes.byref(raw))
        return SelfTestReport(tests_run=Selftest(raw.tests_run), tests_failed=Selftest(raw.tests_failed), duration_ms=raw.duration_ms,
                        run_count=raw.run_count, expected_answer=raw.expected_answer, actual_answer=raw.actual_answer)

    def events(self, duration: Optional[float] = None) -> Events:
        """Events as they come, for `duration` seconds or for ever: for `for` and for `async for`, one loop at a time.

        In between it sleeps on a file descriptor. A module that is away for up to two seconds is borne; then its error is raised, and another
        loop over events() waits for its return. An event is gone from the module once this process has taken it; what a loop has taken
        and not seen, another one gets.
        """
        return Events(self, duration)

    def next_event(self) -> Optional[Event]:
        """The next event, None if there is none now; does not wait. For loops of your own, with fileno()."""
        event = self._taken()
        if event is None:
            self._take_events()
            event = self._taken()
        return event

    def fileno(self) -> int:
        """A file descriptor that is readable when next_event has something to do: call it until it returns None."""
        with self._lock:
            return int(library.mls_event_fd(self._open_handle()))

    def _taken(self) -> Optional[Event]:
        with self._lock:
            return self._events.popleft() if self._events else None

    def _take_events(self) -> None:
        """Moves what the library has into this object. Nothing is lost when the caller has gone meanwhile."""
        raw = _native.Event()
        with self._lock:
            while not self._events:
                status = library.mls_next_event(self._open_handle(), ctypes.byref(raw), 0)
                if status == StatusCode.NOT_READY:
                    return
                if status != StatusCode.OK:
                    raise self._error(status)
                self._events.append(_event(raw))
