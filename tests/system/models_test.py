"""Models of one's own: evaluation, template, checker, and the tutorial to the letter."""
import json
import os
import re
import shutil
import subprocess
import unittest
import wave

from processes import BIN, INPUTS, MODELS, PATIENCE_S, SOURCE, SystemTest

KEYWORD = MODELS / "keyword/keyword.tflite"
PERSON = MODELS / "person/person.tflite"
TUTORIAL = SOURCE / "docs/bring-your-own-model.md"


class Models(SystemTest):
    def models(self, *arguments):
        return subprocess.run([BIN / "mlsensor", "models", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_S)

    def evaluate(self, profile, status=0, *more):
        done = self.models("evaluate", profile, "--data", self.directory / "data", "--json", *more)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout), done.stderr

    def words(self):
        """One clip for each word of the demonstration, in folders of their classes, and a quiet one."""
        with wave.open(str(INPUTS / "keyword/1-words.wav")) as file:
            samples = file.readframes(file.getnframes())
        events = self.run_to_the_end("--profile", "keyword", "--input", INPUTS / "keyword/1-words.wav")
        for event in events:
            if event["type"] != "detection":
                continue
            end = (event["time_ms"] + 200) * 32
            self.clip(event["label"], samples[max(0, end - 32 * 1300):end])
        self.clip("quiet", b"\x10\0\xf0\xff" * 16000)

    def clip(self, name, samples):
        folder = self.directory / "data" / name
        folder.mkdir(parents=True, exist_ok=True)
        with wave.open(str(folder / "clip.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(samples)

    def test_evaluate_counts_what_the_module_says_of_each_recording(self):
        self.words()
        report, _ = self.evaluate("keyword", 0, "--scores", self.directory / "scores")
        self.assertEqual(report["counts"], {"yes": {"yes": 1}, "no": {"no": 1}, "up": {"up": 1}, "down": {"down": 1}, "quiet": {"none": 1}})
        share = report["shares"]["yes"]["yes"]
        self.assertEqual((share["count"], share["of"]), (1, 1))
        self.assertAlmostEqual(share["interval_95"][0], 0.2065, 3)  # Wilson, 1 of 1
        self.assertEqual(report["files"], 5)
        self.assertGreater(report["files_per_second"], 0)
        self.assertEqual(len((self.directory / "scores").read_text().splitlines()), 5)
        again, _ = self.evaluate("keyword")
        self.assertEqual({**again, "seconds": 0, "files_per_second": 0}, {**report, "seconds": 0, "files_per_second": 0})

    def test_evaluate_counts_what_the_module_says_of_each_photograph(self):
        for name, files in (("no_person", ("00.png",)), ("person", ("20.jpg", "21.jpg"))):
            folder = self.directory / "data" / name
            folder.mkdir(parents=True)
            for file in files:
                shutil.copy(INPUTS / "person" / file, folder)
        report, _ = self.evaluate("person")
        self.assertEqual({name: sum(counts.values()) for name, counts in report["counts"].items()}, {"no_person": 1, "person": 2})
        self.assertLessEqual({decided for counts in report["counts"].values() for decided in counts}, {"no_person", "person"})

    def test_evaluate_tells_what_the_module_could_not_judge(self):
        self.clip("dead", bytes(64000))
        report, _ = self.evaluate("keyword")
        self.assertEqual(report["counts"], {"dead": {"invalid": 1}})
        self.assertEqual(report["out_of_envelope"]["dead"], {"too_quiet": 1, "frozen": 1})

    def test_evaluate_explains_data_that_it_cannot_use(self):
        data = self.directory / "data"
        for folder, words in ((None, "No such file"), (data, "has no folders"), (data / "yes", "yes: no sound")):
            if folder:
                folder.mkdir()
            done = self.models("evaluate", "keyword", "--data", data)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
        self.clip("yes", b"\x10\0\xf0\xff" * 16000)
        (data / "yes/bad.wav").write_bytes(b"nonsense")
        report, errors = self.evaluate("keyword", 1)
        self.assertIn("bad.wav: not a sound", errors)
        self.assertEqual(report["counts"], {"yes": {"none": 1}})
        self.assertEqual([path.rsplit("/", 1)[1] for path in report["unreadable"]], ["bad.wav"])

    def check(self, model, manifest, *more):
        path = self.directory / "manifest.json"
        path.write_text(manifest if isinstance(manifest, str) else json.dumps(manifest))
        done = self.models("check", model, "--manifest", path, "--json", *more)
        faults = json.loads(done.stdout)["faults"]
        self.assertEqual(done.returncode, 1 if faults else 0)
        return faults

    def test_check_says_in_plain_words_what_is_wrong(self):
        good = json.loads(KEYWORD.with_suffix(".json").read_text())
        self.assertEqual(self.check(KEYWORD, good), [])
        labels = good["labels"]
        for changes, words in (({"labels": labels[:-1]}, "labels: 5 names for the model's 6 outputs"),
                               ({"labels": [*labels[:-1], "up"]}, 'labels: "up" is there twice'),
                               ({"labels": [*labels[:-1], "x" * 25]}, "1 to 24 bytes"),
                               ({"labels": ["_a", "_b", "_c", "_d", "_e", "_f"]}, "no word to report"),
                               ({"labels": [1, *labels[1:]]}, "labels: 1 is no text"),
                               ({"front_end": {"kind": "mfcc_10"}}, "shape: the input is 1 x 49 x 40 x 1, and mfcc_10 makes 49 x 10 values (1 x 49 x 10 x 1); the input fits log_mel_40"),
                               ({"front_end": {"kind": "fft"}}, 'front end: "fft" is none for a keyword model'),
                               ({"profile": "person"}, 'front end: "log_mel_40" is none for a person model'),
                               ({"profile": "dog"}, 'profile: "dog" is none'),
                               ({"sha256": "0" * 64}, "the manifest is of another model"),
                               ({"decision": {"average_count": 17}}, "average_count is 17; it must be a whole number from 1 to 16"),
                               ({"decision": {"avarage_count": 3}}, 'there is no setting "avarage_count"'),
                               ({"decision": {"word_offsets_permille": {"maybe": 1}}}, 'has "maybe", which is none of the labels'),
                               ({"decision": {"word_offsets_permille": {"up": 1.5}}}, 'word_offsets_permille of "up" is 1.5; it must be a whole number from -999 to 999'),
                               ({"decision": {"word_offsets_permille": 40}}, "must be an object of words and numbers"),
                               ({"decision": {"low_threshold_permille": 900}}, "the low threshold 900 is above the high one 700")):
            with self.subTest(changes=changes):
                faults = self.check(KEYWORD, {**good, **changes})
                self.assertTrue(any(words in fault for fault in faults), faults)
        self.assertIn("working memory", self.check(KEYWORD, good, "--arena", "1000")[0])
        self.assertIn("manifest:", self.check(KEYWORD, "{")[0])
        both = self.check(KEYWORD, {**good, "labels": labels[:-1], "front_end": {"kind": "fft"}})
        self.assertEqual(len(both), 2, "all faults at once")

    def test_check_names_what_is_wrong_with_the_model_itself(self):
        good = json.loads(KEYWORD.with_suffix(".json").read_text())
        del good["sha256"]
        bytes_ = KEYWORD.read_bytes()
        broken = self.directory / "broken.tflite"
        broken.write_bytes(bytes_[:5000])
        self.assertIn("not an undamaged .tflite file", self.check(broken, good)[0])
        self.assertIn("check the path", self.check(self.directory / "none.tflite", good)[0])
        # One of these bytes is the code of the operator softmax; with another code the engine does not know it.
        places = [match.start() for match in re.finditer(rb"\x19\x00\x00\x00", bytes_)]
        faults = []
        for place in places:
            broken.write_bytes(bytes_[:place] + b"\x5d" + bytes_[place + 1:])  # 93, the cosine
            faults += self.check(broken, good)
        self.assertTrue(any("operator: " in fault and "DEPTHWISE_CONV_2D" in fault for fault in faults), faults)

    def test_template_fits_the_model_that_it_is_made_for(self):
        for profile, model in (("keyword", KEYWORD), ("person", PERSON)):
            done = self.models("template", profile, "--model", model)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.check(model, done.stdout.replace("class_5", "word")), [])
            plain = json.loads(self.models("template", profile).stdout)
            self.assertEqual(plain["profile"], profile)
        path = self.directory / "there.json"
        path.write_text("mine")
        self.assertEqual(self.models("template", "person", "-o", path).returncode, 1)
        self.assertEqual(path.read_text(), "mine")

    def test_the_tutorial_works_to_the_letter(self):
        blocks = re.findall(r"^```(\w+)\n(.*?)^```", TUTORIAL.read_text(), re.M | re.S)
        script = "set -eu\n" + "".join(text for kind, text in blocks if kind == "sh")
        done = subprocess.run(["bash", "-c", script], cwd=SOURCE, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
                              env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TMPDIR": str(self.directory)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for kind, text in blocks:
            if kind == "text":
                self.assertIn(text, done.stdout)


if __name__ == "__main__":
    unittest.main()
