"""Waits for one detection with the module's interrupt line on a GPIO, and uses no processor time until then.

Usage: wait_on_gpio.py URI SECONDS, for example wait_on_gpio.py i2c:1@0x6C,irq=GPIO17 60
The line is named in the URI. On serial links and sockets, where there is none, the module tells in its own way.
"""
import sys

import mlsensor
from mlsensor import Decision, EventType

if len(sys.argv) != 3:
    sys.exit(__doc__)
try:
    with mlsensor.Sensor(sys.argv[1]) as sensor:
        for event in sensor.events(duration=float(sys.argv[2])):
            if event.type == EventType.DETECTION or (event.type == EventType.PRESENCE and event.decision == Decision.POSITIVE):
                print(f"{event.label}, score {event.score}")
                sys.exit(0)
    sys.exit(1)
except mlsensor.Error as error:
    sys.exit(str(error))
