"""libmlsensor's C interface: the structures and functions of mls/mlsensor.h that this package uses."""
import ctypes
import os
from ctypes import POINTER, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from pathlib import Path

NAME_BYTES = 32


class _Sized(ctypes.Structure):
    """A structure that begins with its size."""

    def __init__(self) -> None:
        super().__init__(ctypes.sizeof(self))


class Options(_Sized):
    _fields_ = [("size", c_size_t), ("timeout_ms", c_uint32), ("attempts", c_uint32)]


class Info(_Sized):
    _fields_ = [
        ("size", c_size_t), ("model_id", c_uint32), ("capabilities", c_uint32), ("vendor_id", c_uint16), ("product_id", c_uint16),
        ("firmware_patch", c_uint16), ("firmware_major", c_uint8), ("firmware_minor", c_uint8), ("interface_major", c_uint8),
        ("interface_minor", c_uint8), ("profile", c_uint8), ("hardware_revision", c_uint8), ("label_count", c_uint8),
        ("event_capacity", c_uint8), ("reserved", c_uint8 * 2), ("unique_id", c_uint8 * 16), ("boot_id", c_uint8 * 8),
        ("firmware_sha256", c_uint8 * 32), ("model_sha256", c_uint8 * 32), ("datasheet_sha256", c_uint8 * 32),
    ]


class Object(ctypes.Structure):
    _fields_ = [("x", c_uint8), ("y", c_uint8), ("width", c_uint8), ("height", c_uint8), ("score", c_uint8)]


class Reading(_Sized):
    _fields_ = [
        ("size", c_size_t), ("captured_ms", c_uint32), ("sequence", c_uint16), ("flags", c_uint16), ("age_ms", c_uint16),
        ("config_generation", c_uint16), ("score_permille", c_uint16), ("decision", c_uint8), ("count", c_uint8), ("label", c_uint8),
        ("score_kind", c_uint8), ("usable", c_uint8), ("detected", c_uint8), ("objects", Object * 2), ("reserved", c_uint8 * 2),
        ("word", c_char * NAME_BYTES),
    ]


class SelfTestReport(_Sized):
    _fields_ = [
        ("size", c_size_t), ("expected_answer", c_uint32), ("actual_answer", c_uint32), ("duration_ms", c_uint16),
        ("run_count", c_uint16), ("tests_run", c_uint8), ("tests_failed", c_uint8), ("reserved", c_uint8 * 2),
    ]


class Event(_Sized):
    _fields_ = [
        ("size", c_size_t), ("lost", c_uint64), ("host_time_us", c_int64), ("uncertainty_us", c_uint32), ("sequence", c_uint32),
        ("time_ms", c_uint32), ("value", c_uint16), ("type", c_uint8), ("flags", c_uint8), ("label", c_uint8), ("detail", c_uint8),
        ("restarted", c_uint8), ("reserved", c_uint8 * 5), ("word", c_char * NAME_BYTES),
    ]


_FUNCTIONS = {
    "mls_version": (c_char_p, []),
    "mls_status_name": (c_char_p, [c_int]),
    "mls_uri_form": (c_char_p, [c_uint]),
    "mls_open": (c_int, [c_char_p, POINTER(Options), POINTER(c_void_p)]),
    "mls_close": (None, [c_void_p]),
    "mls_error_message": (c_char_p, [c_void_p]),
    "mls_error_verdict": (c_int, [c_void_p]),
    "mls_error_field": (c_char_p, [c_void_p]),
    "mls_read_info": (c_int, [c_void_p, POINTER(Info)]),
    "mls_read_label": (c_int, [c_void_p, c_uint, c_char * NAME_BYTES]),
    "mls_read_result": (c_int, [c_void_p, POINTER(Reading)]),
    "mls_read_person": (c_int, [c_void_p, POINTER(Reading)]),
    "mls_read_keyword": (c_int, [c_void_p, POINTER(Reading)]),
    "mls_read_generic": (c_int, [c_void_p, POINTER(Reading)]),
    "mls_set": (c_int, [c_void_p, c_char_p, c_uint64]),
    "mls_read_window": (c_int, [c_void_p, c_char_p, c_uint, POINTER(c_uint8), c_size_t, POINTER(c_size_t)]),
    "mls_run_command": (c_int, [c_void_p, c_int, c_uint32]),
    "mls_self_test": (c_int, [c_void_p, c_uint32, POINTER(SelfTestReport)]),
    "mls_next_event": (c_int, [c_void_p, POINTER(Event), c_uint32]),
    "mls_event_fd": (c_int, [c_void_p]),
}


def _load() -> ctypes.CDLL:
    """MLSENSOR_LIBRARY, the library in this package, or the system's."""
    beside = Path(__file__).with_name("libmlsensor.so")
    library = ctypes.CDLL(os.environ.get("MLSENSOR_LIBRARY") or (str(beside) if beside.exists() else "libmlsensor.so.0"))
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


library = _load()
