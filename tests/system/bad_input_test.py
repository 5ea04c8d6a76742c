"""What bad arguments, files and models get: an exit status and one clear sentence, at once."""
import json
import random
import shutil
import struct
import unittest
import wave
import zlib

from processes import INPUTS, MODELS, SystemTest

WORDS = INPUTS / "keyword/1-words.wav"
SHIPPED = MODELS / "keyword/keyword.tflite"
USAGE, BAD_MODEL, BAD_INPUT, FAILURE = 2, 3, 4, 1


class BadInput(SystemTest):
    def check(self, cases):
        """Each case: expected exit status, words in the message, arguments."""
        for status, words, arguments in cases:
            with self.subTest(arguments=[str(argument) for argument in arguments]):
                actual, message = self.refuse(*arguments)
                self.assertEqual(actual, status, message)
                self.assertIn(words, message)
                self.assertLess(len(message), 500)

    def test_wrong_usage_is_explained(self):
        listen = ("--listen", self.address)
        sound = ("--profile", "keyword", "--input", WORDS)
        self.check([
            (USAGE, "--profile or --model is needed", listen),
            (USAGE, "dog not in {keyword,person}", ("--profile", "dog", "--input", WORDS, *listen)),
            (USAGE, "--input is needed", ("--profile", "keyword", *listen)),
            (USAGE, "--listen is needed", sound),
            (USAGE, "fast not in {real,max}", (*sound, *listen, "--speed", "fast")),
            (USAGE, "--fps", (*sound, *listen, "--fps", "0")),
            (USAGE, "--fps", (*sound, *listen, "--fps", "nan")),
            (USAGE, "cannot be played again", ("--profile", "keyword", "--input", "-", *listen, "--loop")),
            (USAGE, "32 hexadecimal digits", (*sound, *listen, "--unique-id", "0x12")),
            (USAGE, "32 hexadecimal digits", (*sound, *listen, "--unique-id", "g" * 32)),
            (USAGE, "--datasheet", (*sound, *listen, "--datasheet", self.directory / "none")),
            (USAGE, "there is no directory", (*sound, *listen, "--config-store", self.directory / "none/config")),
            (USAGE, "--nonsense", (*sound, *listen, "--nonsense")),
        ])

    def test_addresses_that_cannot_be_used_are_explained(self):
        sound = ("--profile", "keyword", "--input", WORDS)
        self.start(*sound)
        self.check([
            (FAILURE, "use unix:PATH, tcp:127.0.0.1:PORT, pty", (*sound, "--listen", "i2c:1")),
            (FAILURE, "another program listens there", (*sound, "--listen", self.address)),
            (FAILURE, "only addresses of this machine", (*sound, "--listen", "tcp:0.0.0.0:4000")),
            (FAILURE, "check the directory", (*sound, "--listen", "unix:/nowhere/at/all")),
        ])

    def test_sounds_that_cannot_be_used_are_explained(self):
        with wave.open(str(self.directory / "empty.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
        (self.directory / "cut.wav").write_bytes(WORDS.read_bytes()[:5000])
        (self.directory / "random.wav").write_bytes(random.Random(1).randbytes(5000))
        (self.directory / "nothing.wav").write_bytes(b"")
        (self.directory / "folder").mkdir()
        self.check([(BAD_INPUT, words, ("--profile", "keyword", "--input", self.directory / name, "--listen", self.address))
                    for name, words in (("empty.wav", "empty.wav: a sound without samples"), ("cut.wav", "cut.wav: cut short"),
                                        ("random.wav", "random.wav: not a sound"), ("nothing.wav", "nothing.wav: not a sound"),
                                        ("missing.wav", "missing.wav: No such file"), ("folder", "folder: no sound"))])
        self.check([(BAD_INPUT, "standard input takes sound only", ("--profile", "person", "--input", "-", "--listen", self.address))])

    def test_pictures_that_cannot_be_used_are_explained(self):
        def png(width, height):
            header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
            chunk = b"IHDR" + header
            return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))

        (self.directory / "zero.png").write_bytes(png(0, 0))
        (self.directory / "huge.png").write_bytes(png(1 << 30, 1 << 30))
        (self.directory / "cut.png").write_bytes((INPUTS / "person/00.png").read_bytes()[:5000])
        (self.directory / "cut.jpg").write_bytes((INPUTS / "person/01.jpg").read_bytes()[:1500])
        (self.directory / "random.jpg").write_bytes(random.Random(1).randbytes(5000))
        (self.directory / "folder").mkdir()
        self.check([(BAD_INPUT, words, ("--profile", "person", "--input", self.directory / name, "--listen", self.address))
                    for name, words in (("zero.png", "zero.png: a picture of 0x0 pixels"), ("huge.png", "at most 8192 on a side"),
                                        ("cut.png", "cut.png: cut short or damaged"), ("cut.jpg", "cut.jpg: cut short or damaged"),
                                        ("random.jpg", "random.jpg: neither a JPEG nor a PNG"),
                                        ("missing.jpg", "missing.jpg: No such file"), ("folder", "folder: no picture"))])

    def test_models_that_cannot_be_used_are_explained(self):
        model = SHIPPED.read_bytes()
        (self.directory / "cut.tflite").write_bytes(model[:len(model) // 2])
        (self.directory / "stub.tflite").write_bytes(model[:10])
        (self.directory / "random.tflite").write_bytes(random.Random(1).randbytes(len(model)))
        (self.directory / "nothing.tflite").write_bytes(b"")
        (self.directory / "bare.tflite").write_bytes(model)
        self.check([(BAD_MODEL, f"{name}.tflite: {words}",
                     ("--profile", "keyword", "--model", self.directory / f"{name}.tflite", "--input", WORDS, "--listen", self.address))
                    for name, words in (("cut", "not a model that can be run"), ("stub", "not a model that can be run"),
                                        ("random", "not a model that can be run"), ("nothing", "not a model"),
                                        ("missing", "No such file"), ("bare", "a model from [1,49,40,1] to [1,6] is not known"))])
        self.check([(BAD_MODEL, "a keyword model; start it with --profile keyword",
                     ("--profile", "person", "--model", SHIPPED, "--input", INPUTS / "person", "--listen", self.address))])

    def test_manifests_that_cannot_be_used_are_explained(self):
        model = shutil.copy(SHIPPED, self.directory / "model.tflite")
        path = self.directory / "model.json"
        good = json.loads(SHIPPED.with_suffix(".json").read_text())
        for changes, words in (({"sha256": "0" * 64}, "describes another model"),
                               ({"profile": "dog"}, "profile must be"),
                               ({"profile": 7}, "profile must be a text"),
                               ({"labels": good["labels"][:-1]}, "labels must name each of the model's 6 classes"),
                               ({"labels": "yes"}, "labels must be a list of texts"),
                               ({"labels": ["silence", "unknown", "_a_", "_b_", "_c_", "_d_"]}, "no word to report"),
                               ({"front_end": {"kind": "mfcc_10"}}, "front_end.kind must be"),
                               ({"front_end": {}}, "front_end.kind must be"),
                               ({"decision": {"average_count": 256}}, "decision/average_count must be a whole number from 0 to 255"),
                               ({"decision": {"average_count": -1}}, "decision/average_count must be a whole number"),
                               ({"decision": {"average_count": 0}}, "decision defaults"),
                               ({"decision": {"low_threshold_permille": 999}}, "decision defaults"),
                               ({"decision": {"evaluate_every_hops": 0}}, "from 1 to 255"),
                               ({"decision": {"word_offsets_permille": {"maybe": 1}}}, 'has "maybe", which is none of the labels'),
                               ({"decision": {"word_offsets_permille": {"up": 1000}}}, "word_offsets_permille/up must be a whole number from -999 to 999"),
                               ({"decision": {"word_offsets_permille": [1]}}, "must be an object of words and numbers"),
                               ({"known_answer": "x"}, "known_answer must be a whole number")):
            with self.subTest(changes=changes):
                path.write_text(json.dumps({**good, **changes}))
                status, message = self.refuse("--model", model, "--input", WORDS, "--listen", self.address)
                self.assertEqual(status, BAD_MODEL, message)
                self.assertIn(words, message)
        for text in ("", "[]", "{", "null"):
            path.write_text(text)
            status, message = self.refuse("--model", model, "--input", WORDS, "--listen", self.address)
            self.assertEqual(status, BAD_MODEL, message)
            self.assertIn("model.json: not a JSON object", message)

    def test_standard_input_without_samples_is_a_failed_capture(self):
        module = self.start("--profile", "keyword", "--input", "-")
        types = [event["type"] for event in self.events(self.address)]
        self.assertEqual(types.count("fault"), 1)
        self.assertIn("standard input: no samples", module.errors())
        self.assertEqual(module.stop(), 0)


if __name__ == "__main__":
    unittest.main()
