"""Logs what many sensors report, until SIGINT or SIGTERM. Usage: sensor_daemon.py URI...

Sensors may come and go; between their events it sleeps. Under systemd the lines go to the journal.
"""
import asyncio
import signal
import sys

import mlsensor


async def follow(uri: str) -> None:
    while True:
        try:
            with await asyncio.to_thread(mlsensor.Sensor, uri) as sensor:
                print(f"{uri}: online", flush=True)
                async for event in sensor.events():
                    if event.restarted:
                        print(f"{uri}: restarted", flush=True)
                    if event.lost:
                        print(f"{uri}: {event.lost} events lost", flush=True)
                    if event.sequence:
                        print(f"{uri}: {event.type.name.lower()} {event.label} {event.value}", flush=True)
        except mlsensor.Error as error:
            print(f"offline: {error}", flush=True)
            await asyncio.sleep(1)


async def main() -> None:
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    tasks = [asyncio.create_task(follow(uri)) for uri in sys.argv[1:]]
    await over.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if len(sys.argv) < 2:
    sys.exit(__doc__)
asyncio.run(main())
