"""Read ML sensors: modules that see or hear, decide by themselves, and report over a few registers.

    import mlsensor

    with mlsensor.Sensor("unix:/tmp/person.sock") as sensor:
        person = sensor.person()
        print("unknown" if person.unknown else "somebody" if person.present else "nobody")
        for event in sensor.events():  # or: async for
            print(event.host_time, event.type.name, event.label, event.score)
"""
from typing import List

from . import registers
from ._native import library as _library
from .errors import BadAnswer, Busy, Error, InvalidArgument, NoDevice, PermissionDenied, Rejected, Timeout, Unsupported
from .registers import (Capability, Command, Decision, EventType, PowerMode, Profile, Report, ResultFlag, ScoreKind,
                        StatusCode, Verdict)
from .sensor import Box, Config, Event, Events, Info, Keyword, Person, Reading, SelfTestReport, Sensor

__version__: str = _library.mls_version().decode()

__all__ = [
    "BadAnswer", "Box", "Busy", "Capability", "Command", "Config", "Decision", "Error", "Event", "EventType", "Events", "Info",
    "InvalidArgument", "Keyword", "NoDevice", "PermissionDenied", "Person", "PowerMode", "Profile", "Reading", "Rejected", "Report",
    "ResultFlag", "ScoreKind", "SelfTestReport", "Sensor", "StatusCode", "Timeout", "Unsupported", "Verdict", "registers",
    "uri_forms",
]


def uri_forms() -> List[str]:
    """What a URI may look like, one form with its explanation in each line."""
    forms: List[str] = []
    while (form := _library.mls_uri_form(len(forms))) is not None:
        forms.append(form.decode())
    return forms
