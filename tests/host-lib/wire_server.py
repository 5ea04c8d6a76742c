"""A module that answers reads with bytes that a test gives it, over a Unix socket."""
import socket
import sys
import threading
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "interface/exports"))

import mlsensor_registers as registers  # noqa: E402
import mlsensor_wire as wire  # noqa: E402

OK = bytes([registers.WireStatus.OK])


class WireServer:
    """`answers`: bytes by address of the read, for windows without pages and for whichever page the host selects."""

    def __init__(self, path, profile):
        ident = {"magic": registers.MAGIC, "interface_major": registers.INTERFACE_MAJOR, "profile": profile, "largest_transfer_bytes": 32}
        self.answers = {0: wire.encode_window("ident", ident)}
        self.uri = f"unix:{path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self):
        while True:
            try:
                host, _ = self._listener.accept()
            except OSError:
                return
            with host:
                decoder = wire.FrameDecoder()
                while data := host.recv(4096):
                    for _, frame in decoder.push(data):
                        host.sendall(self._answer(frame))

    def _answer(self, frame):
        reads = frame.operation == registers.FrameOperation.READ
        payload = OK + (self.answers[frame.address][:frame.length] if reads else b"")
        return wire.encode_frame(wire.Frame(registers.FrameOperation.RESPONSE, frame.tag, frame.address, len(payload), payload))
