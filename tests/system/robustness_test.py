"""What a module says about input that nobody could judge: that it cannot judge it, and never a class."""
import array
import shutil
import struct
import unittest
import wave
import zlib

from processes import INPUTS, SystemTest, detections

WORDS = INPUTS / "keyword/1-words.wav"
PICTURE = INPUTS / "person/01.jpg"


def samples_of(path):
    with wave.open(str(path)) as file:
        return array.array("h", file.readframes(file.getnframes()))


class Robustness(SystemTest):
    def sound(self, samples):
        path = self.directory / "sound.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(array.array("h", samples).tobytes())
        return path

    def picture(self, name, grey, size=96):
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        rows = b"".join(b"\0" + bytes([grey] * (3 * size)) for _ in range(size))
        header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
        (self.directory / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

    def judge_nothing(self, profile, path, flags):
        """At the end of the input the module says why it cannot judge; returns all events."""
        module = self.start("--profile", profile, "--input", path)
        events = self.events(self.address)
        result = self.ask("read", self.address)[0]
        self.assertEqual(result["decision"], "unknown")
        self.assertFalse(result["usable"])
        self.assertNotIn("valid", result["flags"])
        self.assertLessEqual(set(flags), set(result["flags"]))
        self.assertIn("envelope", [event["type"] for event in events])
        self.assertEqual(module.stop(), 0)
        return events

    def test_silence_of_a_dead_microphone_is_no_class(self):
        for level in (0, 2):  # digital silence, and one or two bits of noise
            events = self.judge_nothing("keyword", self.sound([i * 7 % (level + 1) for i in range(48000)]), ["too_quiet"])
            self.assertEqual(detections(events), [])

    def test_clipped_speech_is_no_class(self):
        loud = [max(-32768, min(32767, 200 * sample)) for sample in samples_of(WORDS)]
        self.assertEqual(detections(self.judge_nothing("keyword", self.sound(loud[:5 * 16000] + [32767, -32768] * 16000), ["clipped"])), [])

    def test_a_microphone_that_gets_stuck_is_no_class(self):
        for value in (0, 1234, 32767):
            events = self.judge_nothing("keyword", self.sound(list(samples_of(WORDS)) + [value] * 32000), ["frozen"])
            self.assertEqual(detections(events), ["yes", "no", "up", "down"], "what was said before counts")

    def test_a_black_frame_is_no_class(self):
        for i in range(6):
            self.picture(f"{i}.png", 0)
        events = self.judge_nothing("person", self.directory, ["too_dark"])
        self.assertNotIn("presence", [event["type"] for event in events])

    def test_a_white_or_covered_frame_is_no_class(self):
        for grey, flag in ((255, "too_bright"), (120, "flat")):
            for i in range(6):
                self.picture(f"{i}.png", grey)
            self.judge_nothing("person", self.directory, [flag])

    def test_a_frozen_frame_is_no_class_after_ten_repetitions(self):
        for i in range(20):
            shutil.copy(PICTURE, self.directory / f"{i:02}.jpg")
        events = self.judge_nothing("person", self.directory, ["frozen"])
        envelope = [event["time_ms"] for event in events if event["type"] == "envelope"]
        self.assertEqual(len(envelope), 1)
        self.assertLessEqual(abs(envelope[0] - 10 * 200), 200)


if __name__ == "__main__":
    unittest.main()
