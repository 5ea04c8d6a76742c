"""The Python exports read and write exactly the bytes of the golden vectors, and say the same about bad ones."""
import json
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "interface" / "exports"))

import mlsensor_registers as registers  # noqa: E402
import mlsensor_wire as wire  # noqa: E402

VECTORS = json.loads((ROOT / "interface" / "golden" / "wire.json").read_text())
MAP = json.loads((ROOT / "interface" / "exports" / "register_map.json").read_text())


def plain(fields, window):
    """Fields as the vectors write them: numbers, and hexadecimal for bytes and text."""
    result = {}
    for name, value in fields.items():
        register = registers.REGISTERS[f"{window}.{name}"]
        result[name] = wire._store(register, value).hex() if register.type in ("bytes", "text") else int(value)
    return result


def typed(fields, window):
    """The reverse of plain()."""
    return {name: bytes.fromhex(value) if isinstance(value, str) else value for name, value in fields.items()}


class Wire(unittest.TestCase):
    def each(self, section):
        self.assertTrue(VECTORS[section])
        for vector in VECTORS[section]:
            with self.subTest(section=section, vector=vector.get("name")):
                yield vector

    def test_crc(self):
        self.assertEqual(wire.crc16(b"123456789"), 0x29B1)
        for v in self.each("crc16"):
            self.assertEqual(wire.crc16(bytes.fromhex(v["bytes"])), v["crc"])

    def test_cobs(self):
        for v in self.each("cobs"):
            raw, packed = bytes.fromhex(v["raw"]), bytes.fromhex(v["packed"])
            self.assertEqual(wire.cobs_encode(raw), packed)
            self.assertEqual(wire.cobs_decode(packed), raw)

    def test_windows(self):
        for v in self.each("windows"):
            data = bytes.fromhex(v["bytes"])
            self.assertEqual(wire.encode_window(v["window"], typed(v["fields"], v["window"]), v["index"]), data)
            decoded = wire.decode_window(v["window"], data, v["index"])
            if registers.WINDOWS[v["window"]].registers[2].type != "text":
                self.assertEqual(plain(decoded, v["window"]), v["fields"])

    def test_text_windows(self):
        label = next(v for v in VECTORS["windows"] if v["name"] == "label: the second class")
        self.assertEqual(wire.decode_window("label", bytes.fromhex(label["bytes"]), 1), {"text": "yes"})

    def test_values_come_with_their_names(self):
        v = next(v for v in VECTORS["windows"] if v["name"] == "result: a person")
        fields = wire.decode_window("result", bytes.fromhex(v["bytes"]))
        self.assertIs(fields["decision"], registers.Decision.POSITIVE)
        self.assertEqual(fields["flags"], registers.ResultFlag.VALID)

    def test_every_bit_flip_in_a_window_is_found(self):
        data = bytearray.fromhex(next(v for v in VECTORS["windows"] if v["name"] == "result: a person")["bytes"])
        for bit in range(len(data) * 8):
            data[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(wire.WireError) as caught:
                wire.decode_window("result", data)
            self.assertEqual(caught.exception.status, registers.StatusCode.BAD_CRC)
            data[bit // 8] ^= 1 << bit % 8

    def test_bad_windows(self):
        for v in self.each("bad_windows"):
            with self.assertRaises(wire.WireError) as caught:
                wire.decode_window(v["window"], bytes.fromhex(v["bytes"]), v["index"])
            self.assertEqual(caught.exception.status.name.lower(), v["status"])

    def test_events(self):
        for v in self.each("events"):
            data = bytes.fromhex(v["bytes"])
            self.assertEqual(wire.encode_event(v["fields"], v["slot"]), data)
            event = wire.decode_event(data, v["slot"])
            if v["fields"]["sequence"] == 0:
                self.assertIsNone(event)
            else:
                self.assertEqual(plain(event, "event_data"), v["fields"])
            with self.assertRaises(wire.WireError):
                wire.decode_event(data, 1 - v["slot"])

    def test_writes(self):
        for v in self.each("writes"):
            self.assertEqual(wire.encode_write(v["register"], v["value"]), (v["address"], bytes.fromhex(v["bytes"])))
        with self.assertRaises(ValueError):
            wire.encode_write("result.score_permille", 1)

    def test_frames(self):
        for v in self.each("frames"):
            frame = wire.Frame(v["operation"], v["tag"], v["address"], v["length"], bytes.fromhex(v["payload"]))
            data = bytes.fromhex(v["bytes"])
            self.assertEqual(wire.encode_frame(frame), data)
            self.assertEqual(list(wire.FrameDecoder().push(data)), [(registers.StatusCode.OK, frame)])

    def test_streams_in_pieces_of_any_size(self):
        for v in self.each("streams"):
            data = bytes.fromhex(v["bytes"])
            for size in (1, 3, len(data)):
                decoder = wire.FrameDecoder()
                outcomes = []
                for at in range(0, len(data), size):
                    for status, frame in decoder.push(data[at : at + size]):
                        outcome = {"status": status.name.lower()}
                        if frame:
                            outcome.update(frame._asdict(), payload=frame.payload.hex())
                        outcomes.append(outcome)
                self.assertEqual(outcomes, v["outcomes"])


class Documentation(unittest.TestCase):
    """Blocks after <!-- wire.json SECTION: NAME --> hold the bytes of that vector; what follows a semicolon is a remark."""

    def test_bytes_on_the_page_are_those_of_the_vectors(self):
        page = (ROOT / "docs" / "wire.md").read_text()
        blocks = re.findall(r"<!-- wire.json (\w+): (.*?) -->\n```\n(.*?)```", page, re.S)
        self.assertEqual(len(blocks), page.count("<!-- wire.json"))
        self.assertGreater(len(blocks), 5)
        for section, name, block in blocks:
            with self.subTest(section=section, name=name):
                vector = next(v for v in VECTORS[section] if v["name"] == name)
                written = bytes.fromhex("".join(line.split(";")[0] for line in block.splitlines()))
                self.assertEqual(written.hex(), vector["bytes"])

    def test_addresses_on_the_page_are_those_of_the_map(self):
        page = (ROOT / "docs" / "wire.md").read_text()
        found = re.findall(r"`(?:(\w+)\.)?(\w+)` \((?:0x)?([0-9A-F]{2})\)", page)
        self.assertGreater(len(found), 8)
        for window, name, address in found:
            with self.subTest(name=name):
                if name in registers.WINDOWS and not window:
                    self.assertEqual(registers.WINDOWS[name].address, int(address, 16))
                else:
                    self.assertEqual(registers.REGISTERS[f"{window or 'status'}.{name}"].address, int(address, 16))


class Constants(unittest.TestCase):
    def test_python_tables_equal_the_json_map(self):
        self.assertEqual(registers.INTERFACE_MAJOR, MAP["interface"]["major"])
        self.assertEqual([w["name"] for w in MAP["windows"]], list(registers.WINDOWS))
        for window in MAP["windows"]:
            mine = registers.WINDOWS[window["name"]]
            self.assertEqual((mine.address, mine.page, mine.size_bytes), (window["address"], window["page"], window["size_bytes"]))
            self.assertEqual(len(mine.registers), len(window["registers"]))
            for theirs, register in zip(window["registers"], mine.registers):
                for key in ("name", "address", "offset", "type", "size_bytes", "access", "unit", "reset", "summary"):
                    self.assertEqual(getattr(register, key), theirs[key], theirs["name"])

    def test_python_enumerations_equal_the_json_map(self):
        for name, values in MAP["values"].items():
            mine = getattr(registers, "".join(part.capitalize() for part in name.split("_")))
            expected = {entry["name"].upper(): entry["value"] for entry in values["entries"]}
            self.assertEqual({member.name: int(member) for member in mine}, expected)


if __name__ == "__main__":
    unittest.main()
