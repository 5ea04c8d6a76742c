"""Is somebody there? Usage: read_person.py URI, for example read_person.py unix:/tmp/person.sock"""
import sys

import mlsensor

try:
    with mlsensor.Sensor(sys.argv[1] if len(sys.argv) > 1 else "unix:/tmp/person.sock") as sensor:
        person = sensor.person()
        print("unknown" if person.unknown else "somebody" if person.present else "nobody", "score", person.score)
except mlsensor.Error as error:
    sys.exit(str(error))
