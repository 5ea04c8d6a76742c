"""What goes wrong, by kind."""
from typing import Dict, Type

from .registers import StatusCode, Verdict


class Error(Exception):
    """Any failure of a call; the text says which sensor, what was tried, what went wrong, and what may help."""

    def __init__(self, message: str, status: StatusCode, verdict: Verdict = Verdict.NONE, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.verdict = verdict  # Of the module, for Rejected.
        self.field = field  # The register that it is about, for Rejected: "config.on_delay_ms", or "".


class NoDevice(Error):
    """Nobody answers, or the sensor is closed."""


class PermissionDenied(NoDevice):
    """The operating system refused access to the bus or port."""


class Timeout(Error, TimeoutError):
    """No answer in time."""


class BadAnswer(Error):
    """Answers are damaged or broken off, or come from something that is no ML sensor."""


class Rejected(Error):
    """The module refused: see `verdict` and `field`."""


class Busy(Error):
    """The module, the bus or the port is occupied by something else."""


class Unsupported(Error):
    """This module, or this library, cannot do that."""


class InvalidArgument(Error, ValueError):
    """Something that can never work: an unknown register, a value out of its range, a URI of no known form."""


_KINDS: Dict[StatusCode, Type[Error]] = {
    StatusCode.INVALID_ARGUMENT: InvalidArgument,
    StatusCode.OUT_OF_RANGE: InvalidArgument,
    StatusCode.READ_ONLY: InvalidArgument,
    StatusCode.UNSUPPORTED: Unsupported,
    StatusCode.BUSY: Busy,
    StatusCode.ARBITRATION_LOST: Busy,
    StatusCode.NO_DEVICE: NoDevice,
    StatusCode.PERMISSION: PermissionDenied,
    StatusCode.TIMEOUT: Timeout,
    StatusCode.BUS_ERROR: BadAnswer,
    StatusCode.SHORT_TRANSFER: BadAnswer,
    StatusCode.BAD_CRC: BadAnswer,
    StatusCode.CORRUPT: BadAnswer,
    StatusCode.PROTOCOL: BadAnswer,
    StatusCode.REJECTED: Rejected,
}


def error_of(status: int, message: str, verdict: int = 0, field: str = "") -> Error:
    code = StatusCode(status)
    return _KINDS.get(code, Error)(message, code, Verdict(verdict), field)
