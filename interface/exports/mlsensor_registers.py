"""Registers of mlsensor modules. Written by mls-export-registers from the register map: do not edit."""
from enum import IntEnum, IntFlag
from typing import NamedTuple, Optional, Tuple, Type, Union

INTERFACE_MAJOR = 1
INTERFACE_MINOR = 1
MAGIC = 0x32534C4D
DEFAULT_I2C_ADDRESS = 0x6C
MAX_WINDOW_BYTES = 32
EVENT_RECORD_BYTES = 16
NO_LABEL = 255
CRC16_POLYNOMIAL = 0x1021
CRC16_INITIAL = 0xFFFF
MAX_FRAME_PAYLOAD_BYTES = 64
MAX_ENCODED_FRAME_BYTES = 72


class Profile(IntEnum):
    """Kind of sensor."""

    UNKNOWN = 0  # Not yet known, or none of these.
    PERSON = 1  # Is a person there?
    KEYWORD = 2  # Which word was spoken?
    ANOMALY = 3  # Does it behave as it should?
    CLASSIFIER = 4  # Which of its classes is it?


class Capability(IntFlag):
    """What a module can do."""

    EVENTS = 0x1  # Has an event FIFO.
    SELFTEST = 0x2  # Has a self-test with a known answer.
    NOTIFY = 0x4  # Can send events by itself on serial links.
    STORE_CONFIG = 0x8  # Keeps its configuration without power.
    UPDATE = 0x10  # Takes updates of firmware or model.
    ATTEST = 0x20  # Signs statements about itself.
    ROTATE = 0x40  # Can turn and mirror its picture.
    INTERRUPT_LINE = 0x80  # Drives an interrupt line.


class BootStage(IntEnum):
    """How far a module has come up."""

    RESET = 0  # Just started.
    FIRST_STAGE = 1  # The immutable first stage runs.
    LOADING = 2  # The model is being checked and planned.
    RUNNING = 3  # The pipeline runs.
    RECOVERY = 4  # No usable firmware or model: waits for an update.


class ResetCause(IntEnum):
    """Why a module started."""

    POWER_ON = 0  # Power came on, or the process was started.
    COMMAND = 1  # A host asked for it.
    WATCHDOG = 2  # The watchdog expired.
    CRASH = 3  # A fault; see the crash window.
    UPDATE = 4  # An update was installed.


class State(IntFlag):
    """State of a module."""

    READY = 0x1  # Captures and evaluates.
    BUSY = 0x2  # A command is being carried out.
    FAULT = 0x4  # Cannot do its job; see the error registers.
    DEGRADED = 0x8  # Works, but something is wrong: captures fail or are out of envelope.
    DEBUG_BUILD = 0x10  # A debug build.
    CONFIG_PENDING = 0x20  # The staged configuration differs from the active one.
    RESULT_AVAILABLE = 0x40  # At least one result has been published.
    INPUT_ENDED = 0x80  # The input (a file or a stream) has come to its end.


class ProtocolError(IntFlag):
    """What a host did wrong."""

    BAD_LENGTH = 0x1  # A transfer that ends beyond its window or inside a register.
    BAD_ADDRESS = 0x2  # An address without a register.
    WRITE_TO_READ_ONLY = 0x4  # A write to a register that takes none.
    CRC_FAILURE = 0x8  # A serial frame whose CRC is wrong.
    OVERRUN = 0x10  # More writes than the queue holds, or reads beyond the rate limit.
    BAD_VALUE = 0x20  # A value that the register does not take.
    STALLED = 0x40  # A transfer that stalled for more than 35 ms.
    BAD_FRAME = 0x80  # Bytes on a serial link that are no frame.


class ErrorDomain(IntEnum):
    """Part of a module that failed."""

    NONE = 0  # Nothing has failed.
    CAPTURE = 1  # Camera, microphone or input file.
    INFERENCE = 2  # The inference engine.
    MODEL = 3  # The model file.
    STORAGE = 4  # Non-volatile memory.
    SELFTEST = 5  # The self-test.


class StatusCode(IntEnum):
    """How it failed."""

    OK = 0  # No failure.
    INVALID_ARGUMENT = 1  # Something that can never work.
    OUT_OF_RANGE = 2  # A value or an address outside what is allowed.
    UNSUPPORTED = 3  # Well formed, but not implemented here.
    NO_MEMORY = 4  # A buffer or arena is too small.
    CORRUPT = 5  # Data is malformed or fails its checksum.
    NOT_READY = 6  # Not yet.
    BUSY = 7  # Occupied by something else.
    READ_ONLY = 8  # Does not take writes.
    NO_DEVICE = 9  # Nobody answers.
    BUS_ERROR = 10  # A bus or link failed in the middle of a transfer.
    ARBITRATION_LOST = 11  # Another controller took the bus.
    TIMEOUT = 12  # The deadline passed.
    PERMISSION = 13  # Access was refused.
    SHORT_TRANSFER = 14  # Fewer bytes moved than were asked for.
    BAD_CRC = 15  # A checksum is wrong.
    PROTOCOL = 16  # An answer does not make sense.
    REJECTED = 17  # Refused: a verdict tells why.
    END_OF_INPUT = 18  # The input has nothing more to give.


class Interrupt(IntFlag):
    """Reasons that ask for service."""

    RESULT = 0x1  # A new result is there.
    EVENT = 0x2  # Events wait; stays set until all are acknowledged.
    OVERFLOW = 0x4  # Events were lost.
    COMMAND = 0x8  # A command is done; see its verdict.
    FAULT = 0x10  # The module entered a fault.


class Command(IntEnum):
    """What a host can order."""

    NONE = 0  # No command.
    COMMIT = 1  # Make the staged configuration the active one.
    STORE = 2  # Keep the active configuration in non-volatile memory.
    REVERT = 3  # Set the staged configuration back to the active one.
    FACTORY_RESET = 4  # Stage and commit the values the module was made with, and forget the stored ones.
    SELFTEST = 5  # Run the self-test.
    SINGLE_SHOT = 6  # Evaluate one capture, then return to standby.
    RESTART = 7  # Start the module again.


class Verdict(IntEnum):
    """What became of a command."""

    NONE = 0  # No command yet.
    PENDING = 1  # Taken, not done yet.
    DONE = 2  # Done.
    OUT_OF_RANGE = 3  # command_field names a value outside its range.
    CONTRADICTION = 4  # command_field names a value that contradicts another one.
    UNSUPPORTED = 5  # This module cannot do that.
    FAILED = 6  # It was tried and failed; see the error registers.


class UpdateState(IntEnum):
    """State of an update."""

    IDLE = 0  # No update under way.


class ResultFlag(IntFlag):
    """Whether and how far to trust a result."""

    VALID = 0x1  # Score and decision may be used.
    STALE = 0x2  # Older than config.stale_after_ms.
    TOO_DARK = 0x4  # Out of envelope: too dark.
    TOO_BRIGHT = 0x8  # Out of envelope: too bright.
    FLAT = 0x10  # Out of envelope: no contrast; the lens may be covered.
    FROZEN = 0x20  # Out of envelope: the input does not change at all.
    TOO_QUIET = 0x40  # Out of envelope: quieter than any room; the microphone may be dead.
    CLIPPED = 0x80  # Out of envelope: too loud, samples are clipped.
    BLURRED = 0x100  # Out of envelope: no sharp edge.


class Decision(IntEnum):
    """Decision of the filters."""

    UNKNOWN = 0  # No basis for a decision.
    NEGATIVE = 1  # Not there.
    POSITIVE = 2  # There.


class ScoreKind(IntEnum):
    """What a score is."""

    NONE = 0  # No score.
    POSTERIOR = 1  # Output of the model's softmax, 0 to 1000.
    AVERAGED_POSTERIOR = 2  # Output of the model's softmax, averaged over config.average_count evaluations.


class EventType(IntEnum):
    """What an event reports, and in which fields."""

    NONE = 0  # Empty slot.
    DETECTION = 1  # A keyword was heard: label and score (value).
    PRESENCE = 2  # The decision changed: decision (detail), label and score (value).
    OVERFLOW = 3  # Events were lost: how many since the last such event (value).
    RESET = 4  # The module started: reset cause (detail).
    CONFIG_CHANGED = 5  # A configuration took effect: generation (value).
    POWER_MODE = 6  # The power mode changed: mode (detail).
    ENVELOPE = 7  # The input left or re-entered the envelope: result flags (value).
    FAULT = 8  # Something failed: error domain (detail) and status code (value).
    INPUT_ENDED = 9  # The input has come to its end.
    RESULT = 10  # A result was published: decision (detail), label and score (value).


class Report(IntFlag):
    """What makes an event."""

    CHANGES = 0x1  # Detections and changes of the decision.
    EVERY_RESULT = 0x2  # Every result.
    ENVELOPE = 0x4  # Leaving and re-entering the envelope.


class Orientation(IntFlag):
    """How the picture is turned."""

    ROTATE_90 = 0x1  # Turn clockwise by 90 degrees (adds to rotate_180).
    ROTATE_180 = 0x2  # Turn by 180 degrees.
    MIRROR = 0x4  # Swap left and right, after turning.


class InterruptMode(IntFlag):
    """How the interrupt line behaves."""

    PULSE = 0x1  # Pulse of 1 ms instead of a level.
    ACTIVE_HIGH = 0x2  # Active high instead of active low (open drain).
    MIRROR_PRESENCE = 0x4  # The line shows the decision instead of pending interrupts.


class PowerMode(IntEnum):
    """Power modes."""

    SLEEP = 0  # Transducer and inference off; only the bus answers.
    STANDBY = 1  # Ready to evaluate at once; no captures.
    SINGLE_SHOT = 2  # One evaluation for each command.
    DUTY_CYCLED = 3  # One evaluation each config.period_ms.
    CONTINUOUS = 4  # Every capture is evaluated.


class EnergyKind(IntEnum):
    """Where an energy figure comes from."""

    UNKNOWN = 0  # This build cannot tell.
    MEASURED = 1  # Measured on this module.
    MODELLED = 2  # Computed from counts and a published figure.


class Transducer(IntFlag):
    """What senses."""

    MICROPHONE = 0x1  # Hears.
    CAMERA = 0x2  # Sees.
    FILE_INPUT = 0x4  # Plays files or a stream: a simulated transducer.


class IndicatorPolicy(IntEnum):
    """When the indicator is lit."""

    NONE = 0  # No indicator is fitted.
    WHILE_CAPTURING = 1  # Lit while a transducer is powered.


class Selftest(IntFlag):
    """Parts of the self-test."""

    TRANSDUCER = 0x1  # The transducer or input answers.
    MEMORY = 0x2  # The model in memory still has its checksum.
    KNOWN_ANSWER = 0x4  # The stored input gives the stored output.


class WireStatus(IntEnum):
    """First byte of every serial response."""

    OK = 0  # Done; a write is queued.
    BAD_ADDRESS = 1  # No register there.
    BAD_LENGTH = 2  # Ends beyond the window or inside a register.
    READ_ONLY = 3  # That register takes no writes.
    BAD_VALUE = 4  # That register does not take this value.
    BUSY = 5  # Write queue full or read-rate limit reached: try again.
    BAD_CRC = 6  # The request arrived damaged.
    BAD_FRAME = 7  # The request is no request.


class FrameOperation(IntEnum):
    """First byte of every serial frame."""

    READ = 1  # Host to module: `length` bytes from `address` on are wanted; no payload.
    WRITE = 2  # Host to module: the payload is written from `address` on.
    RESPONSE = 3  # Module to host: wire status, then the bytes that were read; tag and address of the request.
    NOTIFY = 4  # Module to host, only while control.notify is 1: one event record as in slot 0; tag 0.


class Register(NamedTuple):
    name: str  # "window.register"
    address: int
    offset: int  # bytes from the start of its window
    type: str  # u8, u16, u32, u64 (little-endian), bytes, text (UTF-8, filled up with zeros)
    size_bytes: int
    access: str  # read, read_write, write_one_to_clear
    unit: str  # UCUM code
    reset: Optional[int]
    values: Optional[Type[Union[IntEnum, IntFlag]]]  # what its numbers are called
    summary: str


class Window(NamedTuple):
    name: str
    address: int
    page: Optional[int]  # value of control.page that shows it; None: always there
    size_bytes: int
    summary: str
    registers: Tuple[Register, ...]


WINDOWS = {w.name: w for w in (
    Window("ident", 0x00, None, 32, "Who is this? Valid in every boot stage.", (
        Register("ident.magic", 0x00, 0, "u32", 4, "read", "", 844319821, None,
                 "The bytes \"MLS2\"."),
        Register("ident.interface_major", 0x04, 4, "u8", 1, "read", "", 1, None,
                 "Major version of this register map."),
        Register("ident.interface_minor", 0x05, 5, "u8", 1, "read", "", 1, None,
                 "Minor version of this register map."),
        Register("ident.profile", 0x06, 6, "u8", 1, "read", "", 0, Profile,
                 "What kind of sensor this is."),
        Register("ident.hardware_revision", 0x07, 7, "u8", 1, "read", "", 0, None,
                 "Revision of the board; 0 for a process without a board."),
        Register("ident.vendor_id", 0x08, 8, "u16", 2, "read", "", 0, None,
                 "Maker of the module; 0 is the mlsensor project."),
        Register("ident.product_id", 0x0A, 10, "u16", 2, "read", "", 0, None,
                 "Product number of that maker."),
        Register("ident.firmware_major", 0x0C, 12, "u8", 1, "read", "", 0, None,
                 "Firmware version, first part."),
        Register("ident.firmware_minor", 0x0D, 13, "u8", 1, "read", "", 0, None,
                 "Firmware version, second part."),
        Register("ident.firmware_patch", 0x0E, 14, "u16", 2, "read", "", 0, None,
                 "Firmware version, third part."),
        Register("ident.model_id", 0x10, 16, "u32", 4, "read", "", 0, None,
                 "First four bytes of the model's SHA-256, read as a big-endian number."),
        Register("ident.capabilities", 0x14, 20, "u32", 4, "read", "", 0, Capability,
                 "What this module can do."),
        Register("ident.largest_transfer_bytes", 0x18, 24, "u16", 2, "read", "By", 32, None,
                 "Longest read in one transaction."),
        Register("ident.settle_time_ms", 0x1A, 26, "u16", 2, "read", "ms", 0, None,
                 "From power-up or wake-up to the first valid result."),
        Register("ident.label_count", 0x1C, 28, "u8", 1, "read", "", 0, None,
                 "Number of classes; their names are in the label window."),
        Register("ident.event_capacity", 0x1D, 29, "u8", 1, "read", "", 0, None,
                 "Events that the FIFO holds before it counts losses."),
        Register("ident.crc", 0x1E, 30, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("status", 0x20, None, 32, "Health, errors, pending interrupts and the answer to the last command.", (
        Register("status.boot_stage", 0x20, 0, "u8", 1, "read", "", 0, BootStage,
                 "How far the module has come up."),
        Register("status.reset_cause", 0x21, 1, "u8", 1, "read", "", 0, ResetCause,
                 "Why it last started."),
        Register("status.state", 0x22, 2, "u16", 2, "read", "", 0, State,
                 "State of the module."),
        Register("status.protocol_errors", 0x24, 4, "u16", 2, "read", "", 0, ProtocolError,
                 "What hosts did wrong since this was cleared (sticky): clear through control.protocol_error_clear."),
        Register("status.error_domain", 0x26, 6, "u8", 1, "read", "", 0, ErrorDomain,
                 "Part of the module that failed last."),
        Register("status.error_code", 0x27, 7, "u8", 1, "read", "", 0, StatusCode,
                 "Status code of the last failure."),
        Register("status.error_count", 0x28, 8, "u16", 2, "read", "", 0, None,
                 "Failures since start; stops at 65535."),
        Register("status.interrupt_pending", 0x2A, 10, "u8", 1, "read", "", 0, Interrupt,
                 "Reasons that ask for service."),
        Register("status.interrupt_enable", 0x2B, 11, "u8", 1, "read", "", 0, Interrupt,
                 "Reasons that may assert the interrupt line."),
        Register("status.uptime_ms", 0x2C, 12, "u32", 4, "read", "ms", 0, None,
                 "Time since start: the module's clock. Wraps after 49.7 days."),
        Register("status.command", 0x30, 16, "u8", 1, "read", "", 0, Command,
                 "The last command that was taken."),
        Register("status.command_token", 0x31, 17, "u8", 1, "read", "", 0, None,
                 "The token that came with it."),
        Register("status.command_verdict", 0x32, 18, "u8", 1, "read", "", 0, Verdict,
                 "What became of it."),
        Register("status.command_field", 0x33, 19, "u8", 1, "read", "", 0, None,
                 "Register address of the field that the verdict is about; 0 when it is about none."),
        Register("status.config_generation", 0x34, 20, "u16", 2, "read", "", 0, None,
                 "Goes up with each commit that took effect."),
        Register("status.update_state", 0x36, 22, "u8", 1, "read", "", 0, UpdateState,
                 "State of a firmware or model update."),
        Register("status.reserved", 0x37, 23, "u8", 1, "read", "", 0, None,
                 "Reads 0."),
        Register("status.stalled_transfers", 0x38, 24, "u16", 2, "read", "", 0, None,
                 "Transfers dropped because they stalled; stops at 65535."),
        Register("status.dropped_writes", 0x3A, 26, "u16", 2, "read", "", 0, None,
                 "Writes refused because the queue was full; stops at 65535."),
        Register("status.throttled_reads", 0x3C, 28, "u16", 2, "read", "", 0, None,
                 "Reads refused by the read-rate limit; stops at 65535."),
        Register("status.crc", 0x3E, 30, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("result", 0x40, None, 30, "The latest result: one coherent snapshot.", (
        Register("result.sequence", 0x40, 0, "u16", 2, "read", "", 0, None,
                 "Goes up with each result, valid or not; wraps."),
        Register("result.flags", 0x42, 2, "u16", 2, "read", "", 0, ResultFlag,
                 "Whether and how far to trust it."),
        Register("result.captured_ms", 0x44, 4, "u32", 4, "read", "ms", 0, None,
                 "Module time at the end of the capture."),
        Register("result.age_ms", 0x48, 8, "u16", 2, "read", "ms", 0, None,
                 "Time since the capture at the moment of the read; stops at 65535."),
        Register("result.config_generation", 0x4A, 10, "u16", 2, "read", "", 0, None,
                 "Configuration that made score and decision."),
        Register("result.score_permille", 0x4C, 12, "u16", 2, "read", "[ppth]", 0, None,
                 "Score of `label`, 0 to 1000; its meaning is score_kind."),
        Register("result.decision", 0x4E, 14, "u8", 1, "read", "", 0, Decision,
                 "Decision of the filters, not of the score alone."),
        Register("result.count", 0x4F, 15, "u8", 1, "read", "", 0, None,
                 "How many were found; 0 unless the decision is positive."),
        Register("result.label", 0x50, 16, "u8", 1, "read", "", 255, None,
                 "Number of the class that the score belongs to; 255 for none."),
        Register("result.score_kind", 0x51, 17, "u8", 1, "read", "", 0, ScoreKind,
                 "What the score is."),
        Register("result.object0_x", 0x52, 18, "u8", 1, "read", "", 0, None,
                 "First object: left edge, in 1/255 of the picture's width."),
        Register("result.object0_y", 0x53, 19, "u8", 1, "read", "", 0, None,
                 "First object: top edge, in 1/255 of the picture's height."),
        Register("result.object0_width", 0x54, 20, "u8", 1, "read", "", 0, None,
                 "First object: width, in 1/255; 0 for no object."),
        Register("result.object0_height", 0x55, 21, "u8", 1, "read", "", 0, None,
                 "First object: height, in 1/255; 0 for no object."),
        Register("result.object0_score", 0x56, 22, "u8", 1, "read", "", 0, None,
                 "First object: score in 1/255."),
        Register("result.object1_x", 0x57, 23, "u8", 1, "read", "", 0, None,
                 "Second object: left edge, in 1/255 of the picture's width."),
        Register("result.object1_y", 0x58, 24, "u8", 1, "read", "", 0, None,
                 "Second object: top edge, in 1/255 of the picture's height."),
        Register("result.object1_width", 0x59, 25, "u8", 1, "read", "", 0, None,
                 "Second object: width, in 1/255; 0 for no object."),
        Register("result.object1_height", 0x5A, 26, "u8", 1, "read", "", 0, None,
                 "Second object: height, in 1/255; 0 for no object."),
        Register("result.object1_score", 0x5B, 27, "u8", 1, "read", "", 0, None,
                 "Second object: score in 1/255."),
        Register("result.crc", 0x5C, 28, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("events", 0x60, None, 24, "Header of the event FIFO and the latched time.", (
        Register("events.count", 0x60, 0, "u8", 1, "read", "", 0, None,
                 "Events that wait for acknowledgement."),
        Register("events.latch_token", 0x61, 1, "u8", 1, "read", "", 0, None,
                 "What the host last wrote to control.time_latch."),
        Register("events.reserved", 0x62, 2, "u16", 2, "read", "", 0, None,
                 "Reads 0."),
        Register("events.lost", 0x64, 4, "u32", 4, "read", "", 0, None,
                 "Events lost since start because the FIFO was full."),
        Register("events.oldest", 0x68, 8, "u32", 4, "read", "", 0, None,
                 "Sequence number of the oldest event that waits."),
        Register("events.newest", 0x6C, 12, "u32", 4, "read", "", 0, None,
                 "Sequence number of the newest event ever made; the first is 1."),
        Register("events.latch_time_ms", 0x70, 16, "u32", 4, "read", "ms", 0, None,
                 "Module time at the moment of that write."),
        Register("events.reserved1", 0x74, 20, "u16", 2, "read", "", 0, None,
                 "Reads 0."),
        Register("events.crc", 0x76, 22, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("event_data", 0x80, None, 32, "The two oldest events that are not acknowledged, each with its own CRC.", (
        Register("event_data.sequence", 0x80, 0, "u32", 4, "read", "", 0, None,
                 "Number of the event; 0 when the slot is empty."),
        Register("event_data.time_ms", 0x84, 4, "u32", 4, "read", "ms", 0, None,
                 "Module time of what it reports."),
        Register("event_data.type", 0x88, 8, "u8", 1, "read", "", 0, EventType,
                 "What happened."),
        Register("event_data.flags", 0x89, 9, "u8", 1, "read", "", 0, None,
                 "Low byte of result.flags at that time."),
        Register("event_data.label", 0x8A, 10, "u8", 1, "read", "", 255, None,
                 "Number of the class; 255 for none."),
        Register("event_data.detail", 0x8B, 11, "u8", 1, "read", "", 0, None,
                 "Depends on the type: decision, reset cause, verdict or power mode."),
        Register("event_data.value", 0x8C, 12, "u16", 2, "read", "", 0, None,
                 "Depends on the type: score in permille, count or generation."),
        Register("event_data.crc", 0x8E, 14, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
        Register("event_data.second", 0x90, 16, "bytes", 16, "read", "", None, None,
                 "The next event, laid out like the first; its CRC covers address 0x90."),
    )),
    Window("config", 0xA0, None, 24, "Staged configuration: takes effect with the command `commit`.", (
        Register("config.high_threshold_permille", 0xA0, 0, "u16", 2, "read_write", "[ppth]", 700, None,
                 "Positive at or above this score."),
        Register("config.low_threshold_permille", 0xA2, 2, "u16", 2, "read_write", "[ppth]", 500, None,
                 "Negative below this score (hysteresis)."),
        Register("config.average_count", 0xA4, 4, "u8", 1, "read_write", "", 1, None,
                 "Evaluations that are averaged: 1 to 16."),
        Register("config.consecutive_count", 0xA5, 5, "u8", 1, "read_write", "", 1, None,
                 "Evaluations in a row that must agree: 1 to 255."),
        Register("config.on_delay_ms", 0xA6, 6, "u16", 2, "read_write", "ms", 0, None,
                 "How long it must hold before the decision becomes positive."),
        Register("config.off_delay_ms", 0xA8, 8, "u16", 2, "read_write", "ms", 0, None,
                 "How long it must be gone before the decision becomes negative."),
        Register("config.refractory_ms", 0xAA, 10, "u16", 2, "read_write", "ms", 0, None,
                 "Silence after a detection before the next one counts."),
        Register("config.min_report_interval_ms", 0xAC, 12, "u16", 2, "read_write", "ms", 0, None,
                 "Shortest time between two reported events."),
        Register("config.stale_after_ms", 0xAE, 14, "u16", 2, "read_write", "ms", 2000, None,
                 "Age at which a result counts as stale; 0 for never."),
        Register("config.report", 0xB0, 16, "u8", 1, "read_write", "", 5, Report,
                 "What makes an event."),
        Register("config.orientation", 0xB1, 17, "u8", 1, "read_write", "", 0, Orientation,
                 "How the picture is turned before inference."),
        Register("config.interrupt_mode", 0xB2, 18, "u8", 1, "read_write", "", 0, InterruptMode,
                 "How the interrupt line behaves."),
        Register("config.power_mode", 0xB3, 19, "u8", 1, "read_write", "", 4, PowerMode,
                 "Requested power mode."),
        Register("config.period_ms", 0xB4, 20, "u16", 2, "read_write", "ms", 0, None,
                 "Time between two evaluations; 0 for as fast as captures come."),
        Register("config.crc", 0xB6, 22, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("control", 0xE0, None, 16, "What the host may do: select, acknowledge, enable, command.", (
        Register("control.page", 0xE0, 0, "u8", 1, "read_write", "", 0, None,
                 "Page that is shown at address 0xC0."),
        Register("control.index", 0xE1, 1, "u8", 1, "read_write", "", 0, None,
                 "Entry that is shown in pages with several entries."),
        Register("control.interrupt_enable", 0xE2, 2, "u8", 1, "read_write", "", 0, Interrupt,
                 "Reasons that may assert the interrupt line."),
        Register("control.interrupt_clear", 0xE3, 3, "u8", 1, "write_one_to_clear", "", 0, Interrupt,
                 "Write 1 to clear a reason."),
        Register("control.event_ack", 0xE4, 4, "u32", 4, "read_write", "", 0, None,
                 "Write a sequence number: all events up to it are consumed."),
        Register("control.protocol_error_clear", 0xE8, 8, "u16", 2, "write_one_to_clear", "", 0, ProtocolError,
                 "Write 1 to clear a protocol error."),
        Register("control.command", 0xEA, 10, "u8", 1, "read_write", "", 0, Command,
                 "Write together with command_token to start a command."),
        Register("control.command_token", 0xEB, 11, "u8", 1, "read_write", "", 0, None,
                 "Any number unlike the last: status.command_token echoes it."),
        Register("control.time_latch", 0xEC, 12, "u8", 1, "read_write", "", 0, None,
                 "A write stores the module's time in events.latch_time_ms."),
        Register("control.notify", 0xED, 13, "u8", 1, "read_write", "", 0, None,
                 "1: send new events by themselves (serial links only)."),
        Register("control.crc", 0xEE, 14, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("power", 0xC0, 0, 32, "Power mode and counters.", (
        Register("power.page", 0xC0, 0, "u8", 1, "read", "", 0, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("power.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("power.requested_mode", 0xC2, 2, "u8", 1, "read", "", 4, PowerMode,
                 "Power mode that the configuration asks for."),
        Register("power.actual_mode", 0xC3, 3, "u8", 1, "read", "", 4, PowerMode,
                 "Power mode that the module is in."),
        Register("power.wake_time_ms", 0xC4, 4, "u16", 2, "read", "ms", 0, None,
                 "Worst case from wake-up to the first valid result."),
        Register("power.energy_kind", 0xC6, 6, "u8", 1, "read", "", 0, EnergyKind,
                 "Where energy_uj comes from."),
        Register("power.reserved", 0xC7, 7, "u8", 1, "read", "", 0, None,
                 "Reads 0."),
        Register("power.inference_count", 0xC8, 8, "u32", 4, "read", "", 0, None,
                 "Inferences since start."),
        Register("power.skipped_count", 0xCC, 12, "u32", 4, "read", "", 0, None,
                 "Captures that were not evaluated since start."),
        Register("power.invalid_count", 0xD0, 16, "u32", 4, "read", "", 0, None,
                 "Results published as invalid since start."),
        Register("power.energy_uj", 0xD4, 20, "u64", 8, "read", "uJ", 0, None,
                 "Energy since start; 0 while energy_kind is unknown."),
        Register("power.reserved1", 0xDC, 28, "u16", 2, "read", "", 0, None,
                 "Reads 0."),
        Register("power.crc", 0xDE, 30, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("privacy", 0xC0, 1, 16, "What senses, what is powered, and what can be read.", (
        Register("privacy.page", 0xC0, 0, "u8", 1, "read", "", 1, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("privacy.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("privacy.transducers_fitted", 0xC2, 2, "u8", 1, "read", "", 0, Transducer,
                 "What could sense."),
        Register("privacy.transducers_powered", 0xC3, 3, "u8", 1, "read", "", 0, Transducer,
                 "What senses now."),
        Register("privacy.debug_build", 0xC4, 4, "u8", 1, "read", "", 0, None,
                 "1: a debug build, its promises do not hold."),
        Register("privacy.indicator_policy", 0xC5, 5, "u8", 1, "read", "", 0, IndicatorPolicy,
                 "When the indicator is lit; no host can change it."),
        Register("privacy.readable_bytes", 0xC6, 6, "u16", 2, "read", "By", 0, None,
                 "All bytes that exist on the bus, every page and entry counted."),
        Register("privacy.read_limit_bytes_per_s", 0xC8, 8, "u32", 4, "read", "By/s", 0, None,
                 "Reads beyond this rate are refused."),
        Register("privacy.reserved", 0xCC, 12, "u16", 2, "read", "", 0, None,
                 "Reads 0."),
        Register("privacy.crc", 0xCE, 14, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("selftest", 0xC0, 2, 20, "Outcome of the last self-test.", (
        Register("selftest.page", 0xC0, 0, "u8", 1, "read", "", 2, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("selftest.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("selftest.tests_run", 0xC2, 2, "u8", 1, "read", "", 0, Selftest,
                 "Tests that ran."),
        Register("selftest.tests_failed", 0xC3, 3, "u8", 1, "read", "", 0, Selftest,
                 "Tests that failed."),
        Register("selftest.duration_ms", 0xC4, 4, "u16", 2, "read", "ms", 0, None,
                 "How long they took; stops at 65535."),
        Register("selftest.run_count", 0xC6, 6, "u16", 2, "read", "", 0, None,
                 "Self-tests since start; stops at 65535."),
        Register("selftest.expected_answer", 0xC8, 8, "u32", 4, "read", "", 0, None,
                 "CRC-32 of the output that the stored input must give."),
        Register("selftest.actual_answer", 0xCC, 12, "u32", 4, "read", "", 0, None,
                 "CRC-32 of the output that it gave."),
        Register("selftest.reserved", 0xD0, 16, "u16", 2, "read", "", 0, None,
                 "Reads 0."),
        Register("selftest.crc", 0xD2, 18, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("identity", 0xC0, 3, 28, "Unique id and boot id.", (
        Register("identity.page", 0xC0, 0, "u8", 1, "read", "", 3, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("identity.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("identity.unique_id", 0xC2, 2, "bytes", 16, "read", "", None, None,
                 "Number of this very module; no two are alike."),
        Register("identity.boot_id", 0xD2, 18, "bytes", 8, "read", "", None, None,
                 "Random number, new at each start."),
        Register("identity.crc", 0xDA, 26, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("firmware_hash", 0xC0, 4, 20, "SHA-256 of the firmware, in two halves of 16 bytes chosen by `control.index`.", (
        Register("firmware_hash.page", 0xC0, 0, "u8", 1, "read", "", 4, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("firmware_hash.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("firmware_hash.half", 0xC2, 2, "bytes", 16, "read", "", None, None,
                 "Bytes 0 to 15 (index 0) or 16 to 31 (index 1)."),
        Register("firmware_hash.crc", 0xD2, 18, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("model_hash", 0xC0, 5, 20, "SHA-256 of the model, in two halves of 16 bytes chosen by `control.index`.", (
        Register("model_hash.page", 0xC0, 0, "u8", 1, "read", "", 5, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("model_hash.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("model_hash.half", 0xC2, 2, "bytes", 16, "read", "", None, None,
                 "Bytes 0 to 15 (index 0) or 16 to 31 (index 1)."),
        Register("model_hash.crc", 0xD2, 18, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("datasheet_hash", 0xC0, 6, 20, "SHA-256 of the datasheet, in two halves of 16 bytes chosen by `control.index`.", (
        Register("datasheet_hash.page", 0xC0, 0, "u8", 1, "read", "", 6, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("datasheet_hash.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("datasheet_hash.half", 0xC2, 2, "bytes", 16, "read", "", None, None,
                 "Bytes 0 to 15 (index 0) or 16 to 31 (index 1)."),
        Register("datasheet_hash.crc", 0xD2, 18, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("label", 0xC0, 7, 28, "Name of the class whose number is in `control.index`.", (
        Register("label.page", 0xC0, 0, "u8", 1, "read", "", 7, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("label.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("label.text", 0xC2, 2, "text", 24, "read", "", None, None,
                 "UTF-8, filled up with zeros; empty beyond the last class."),
        Register("label.crc", 0xDA, 26, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("crash", 0xC0, 8, 28, "Text of the last crash, in pieces of 24 bytes chosen by `control.index`.", (
        Register("crash.page", 0xC0, 0, "u8", 1, "read", "", 8, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("crash.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("crash.text", 0xC2, 2, "text", 24, "read", "", None, None,
                 "UTF-8, filled up with zeros; empty when nothing crashed."),
        Register("crash.crc", 0xDA, 26, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
    Window("soft_address", 0xC0, 9, 22, "The I2C address, and how to move this very module to another one.", (
        Register("soft_address.page", 0xC0, 0, "u8", 1, "read", "", 9, None,
                 "Number of the page that is shown: check it, another host may have turned the page."),
        Register("soft_address.index", 0xC1, 1, "u8", 1, "read", "", 0, None,
                 "Number of the entry that is shown."),
        Register("soft_address.unique_id", 0xC2, 2, "bytes", 16, "read_write", "", None, None,
                 "Key to the next register: identity.unique_id, written together with it in one go. Reads 0."),
        Register("soft_address.address", 0xD2, 18, "u8", 1, "read_write", "", 0, None,
                 "I2C address: 8 to 119 (0x08 to 0x77), until the module restarts; 0 for the strapped one. Reads what it is now."),
        Register("soft_address.reserved", 0xD3, 19, "u8", 1, "read", "", 0, None,
                 "Reads 0."),
        Register("soft_address.crc", 0xD4, 20, "u16", 2, "read", "", None, None,
                 "CRC-16/CCITT-FALSE over the address and all bytes before it."),
    )),
)}

REGISTERS = {r.name: r for w in WINDOWS.values() for r in w.registers}
