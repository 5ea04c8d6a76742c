"""The wire of mlsensor modules in plain Python: CRC, windows, event records and serial frames. Standard library only.

Fields are named like their registers without the window ("score_permille"). Numbers of an enumeration or of flags come as IntEnum or
IntFlag where the value is known; byte strings as bytes; text as str.
"""
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

import mlsensor_registers as registers


class WireError(Exception):
    """An answer that must not be used. `status` is a StatusCode."""

    def __init__(self, status: registers.StatusCode, message: str):
        super().__init__(message)
        self.status = status


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE; 0x29B1 for b"123456789"."""
    crc = registers.CRC16_INITIAL
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ registers.CRC16_POLYNOMIAL if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc


def _checked(address: int, payload: bytes) -> bytes:
    return payload + crc16(bytes([address]) + payload).to_bytes(2, "little")


def _content(window: registers.Window, slot_bytes: int) -> Iterator[registers.Register]:
    """The registers that carry values: without page, index, reserved bytes and CRC."""
    for register in window.registers:
        field = register.name.split(".")[1]
        if field == "crc" or field.startswith("reserved") or register.offset >= slot_bytes:
            continue
        if window.page is not None and field in ("page", "index"):
            continue
        yield register


def _load(register: registers.Register, data: bytes):
    raw = data[register.offset : register.offset + register.size_bytes]
    if register.type == "bytes":
        return raw
    if register.type == "text":
        return raw.rstrip(b"\0").decode("utf-8", "replace")
    value = int.from_bytes(raw, "little")
    try:
        return register.values(value) if register.values else value
    except ValueError:
        return value  # from a newer minor version


def _store(register: registers.Register, value) -> bytes:
    if register.type == "text" and isinstance(value, str):
        value = value.encode()
    if register.type in ("bytes", "text"):
        if len(value) > register.size_bytes:
            raise ValueError(f"{register.name} holds {register.size_bytes} bytes")
        return bytes(value).ljust(register.size_bytes, b"\0")
    return int(value).to_bytes(register.size_bytes, "little")


def _pack(window: registers.Window, size_bytes: int, fields: Dict) -> bytearray:
    known = {register.name.split(".")[1]: register for register in _content(window, size_bytes)}
    data = bytearray(size_bytes)
    for name, value in fields.items():
        if name not in known:
            raise KeyError(f"no register {window.name}.{name}")
        register = known[name]
        data[register.offset : register.offset + register.size_bytes] = _store(register, value)
    return data


def _unpack(window: registers.Window, data: bytes, slot_bytes: int) -> Dict:
    return {register.name.split(".")[1]: _load(register, data) for register in _content(window, slot_bytes)}


def encode_window(name: str, fields: Dict, index: int = 0) -> bytes:
    """The bytes of a whole window. Fields that are left out are zero."""
    window = registers.WINDOWS[name]
    data = _pack(window, window.size_bytes, fields)
    if window.page is not None:
        data[0], data[1] = window.page, index
    return _checked(window.address, bytes(data[:-2]))


def decode_window(name: str, data: bytes, index: int = 0) -> Dict:
    """The fields of a window that was read whole. Raises WireError: SHORT_TRANSFER, BAD_CRC, or NOT_READY (another page is shown)."""
    window = registers.WINDOWS[name]
    if len(data) < window.size_bytes:
        raise WireError(registers.StatusCode.SHORT_TRANSFER, f"{name} has {window.size_bytes} bytes, got {len(data)}")
    data = bytes(data[: window.size_bytes])
    if _checked(window.address, data[:-2]) != data:
        raise WireError(registers.StatusCode.BAD_CRC, f"{name}: wrong CRC")
    if window.page is not None and (data[0], data[1]) != (window.page, index):
        raise WireError(registers.StatusCode.NOT_READY, f"{name}: page {data[0]}, index {data[1]} is shown")
    return _unpack(window, data, window.size_bytes)


def _event_address(slot: int) -> int:
    return registers.WINDOWS["event_data"].address + slot * registers.EVENT_RECORD_BYTES


def encode_event(fields: Dict, slot: int = 0) -> bytes:
    """One event record as it is read from a slot (0 or 1) of event_data. NOTIFY frames carry slot 0."""
    data = _pack(registers.WINDOWS["event_data"], registers.EVENT_RECORD_BYTES, fields)
    return _checked(_event_address(slot), bytes(data[:-2]))


def decode_event(data: bytes, slot: int = 0) -> Optional[Dict]:
    """One event record; None for an empty slot. Raises WireError: SHORT_TRANSFER or BAD_CRC."""
    if len(data) < registers.EVENT_RECORD_BYTES:
        raise WireError(registers.StatusCode.SHORT_TRANSFER, f"an event has {registers.EVENT_RECORD_BYTES} bytes, got {len(data)}")
    data = bytes(data[: registers.EVENT_RECORD_BYTES])
    if _checked(_event_address(slot), data[:-2]) != data:
        raise WireError(registers.StatusCode.BAD_CRC, "event: wrong CRC")
    fields = _unpack(registers.WINDOWS["event_data"], data, registers.EVENT_RECORD_BYTES)
    return fields if fields["sequence"] else None


def encode_write(name: str, value) -> Tuple[int, bytes]:
    """Address and bytes that write a value to a register ("control.page")."""
    register = registers.REGISTERS[name]
    if register.access == "read":
        raise ValueError(f"{name} is read-only")
    return register.address, _store(register, value)


def cobs_encode(data: bytes) -> bytes:
    """COBS without the final zero."""
    out = bytearray()
    block = bytearray()
    full = False  # the last block had 254 bytes and stands for no zero
    for byte in data:
        full = False
        if byte:
            block.append(byte)
        if byte == 0 or len(block) == 254:
            out += bytes([len(block) + 1]) + block
            full = byte != 0
            block.clear()
    return bytes(out if full else out + bytes([len(block) + 1]) + block)


def cobs_decode(data: bytes) -> bytes:
    """The reverse. Raises ValueError for bytes that are no COBS."""
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        block = data[at + 1 : at + code]
        if code == 0 or len(block) != code - 1 or 0 in block:
            raise ValueError("not COBS")
        at += code
        out += block
        if code != 0xFF and at < len(data):
            out.append(0)
    return bytes(out)


class Frame(NamedTuple):
    operation: int  # FrameOperation
    tag: int
    address: int
    length: int  # bytes of payload; for READ the bytes that are wanted
    payload: bytes


def encode_frame(frame: Frame) -> bytes:
    """One serial frame, final zero included."""
    if len(frame.payload) > registers.MAX_FRAME_PAYLOAD_BYTES:
        raise ValueError("payload too long")
    raw = bytes([frame.operation, frame.tag, frame.address, frame.length]) + frame.payload
    return cobs_encode(raw + crc16(raw).to_bytes(2, "little")) + b"\0"


class FrameDecoder:
    """Takes a serial stream in pieces of any size and gives whole frames."""

    def __init__(self):
        self._buffer = bytearray()

    def push(self, data: bytes) -> Iterator[Tuple[registers.StatusCode, Optional[Frame]]]:
        """For each thing that ended: (OK, frame), (BAD_CRC, None) or (PROTOCOL, None)."""
        for byte in data:
            if byte:
                if len(self._buffer) < registers.MAX_ENCODED_FRAME_BYTES:  # one more than fits: marks it as too long
                    self._buffer.append(byte)
                continue
            packed, self._buffer = bytes(self._buffer), bytearray()
            if packed:
                yield self._decode(packed)

    @staticmethod
    def _decode(packed: bytes):
        status = registers.StatusCode
        if len(packed) >= registers.MAX_ENCODED_FRAME_BYTES:
            return status.PROTOCOL, None
        try:
            raw = cobs_decode(packed)
        except ValueError:
            return status.PROTOCOL, None
        if len(raw) < 6:
            return status.PROTOCOL, None
        if crc16(raw[:-2]) != int.from_bytes(raw[-2:], "little"):
            return status.BAD_CRC, None
        frame = Frame(raw[0], raw[1], raw[2], raw[3], raw[4:-2])
        wanted = 0 if frame.operation == registers.FrameOperation.READ else frame.length
        return (status.OK, frame) if len(frame.payload) == wanted else (status.PROTOCOL, None)
