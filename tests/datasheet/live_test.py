"""Measures and verifies live modules: real processes, the shipped models, the demo inputs."""
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

BIN, SOURCE = Path(sys.argv[1]), Path(sys.argv[2])
TOOL, MODULE = BIN / "mlsensor-datasheet", BIN / "mlsensor-module"
INPUTS, MODELS, FACTS = SOURCE / "examples/demo-inputs", SOURCE / "models", SOURCE / "datasheet/products"
PATIENCE_S = 100
WORDS = INPUTS / "keyword/1-words.wav"


class Live(unittest.TestCase):
    def setUp(self):
        self.here = Path(tempfile.mkdtemp(prefix="mls-"))
        self.addCleanup(shutil.rmtree, self.here, ignore_errors=True)

    def tool(self, status, *arguments):
        """Runs the tool; what it says on both outputs."""
        done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def start(self, *arguments):
        """A module that listens; its address."""
        address = f"unix:{self.here}/socket-{time.monotonic_ns()}"
        process = subprocess.Popen([MODULE, *map(str, arguments), "--speed", "max", "--listen", address], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertIn(" listening on ", process.stdout.readline())
        return address

    def measure(self, status, *arguments):
        return self.tool(status, "measure", "--module", MODULE, "--out", self.here / "results.json", *arguments)

    def results(self):
        return json.loads((self.here / "results.json").read_text())

    def pictures(self, count):
        """A labelled set out of the demo pictures; which of them show a person does not matter here."""
        files = sorted((INPUTS / "person").glob("*.jpg"))[:count]
        for i, file in enumerate(files):
            folder = self.here / "set" / ("person" if i % 2 else "none")
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder)
        return self.here / "set"

    def flipped_model(self, name):
        """The shipped model with one bit of a weight changed, and a manifest that does not give it away."""
        model = bytearray((MODELS / name / f"{name}.tflite").read_bytes())
        manifest = json.loads((MODELS / name / f"{name}.json").read_text())
        del manifest["sha256"]
        (self.here / f"{name}.json").write_text(json.dumps(manifest))
        path = self.here / f"{name}.tflite"
        for place in range(len(model) // 2, len(model) // 2 + 64):
            model[place] ^= 64
            path.write_bytes(model)
            started = subprocess.run([MODULE, "--model", path, "--print-known-answer"], capture_output=True, text=True, timeout=PATIENCE_S)
            if started.returncode == 0 and int(started.stdout) != manifest["known_answer"]:
                return path
            model[place] ^= 64
        self.fail("no bit that changes the answer")

    def test_measures_words_and_keeps_each_answer(self):
        (self.here / "set/words").mkdir(parents=True)
        shutil.copy(WORDS, self.here / "set/words/a.wav")
        shutil.copy(WORDS, self.here / "set/words/b.wav")
        (self.here / "set/words/c.wav").write_bytes(b"RIFF")
        (self.here / "labels.csv").write_text("file,label,speaker,noise_db\nwords/a.wav,yes,s1,20\nwords/b.wav,no,s2,10\nwords/c.wav,up,s1,20\n")
        said = self.measure(0, "--profile", "keyword", "--data", self.here / "set", "--labels", self.here / "labels.csv", "--name", "words", "--what", "a test")
        self.assertIn("recall", said)
        results = self.results()
        # Four words in each: the first one counts.
        self.assertEqual(results["words"]["counts"], {"no": {"yes": 1}, "yes": {"yes": 1}})
        self.assertEqual(results["words"]["coverage"], {"invalid": 0, "failed_to_decode": 1})
        self.assertEqual(results["words_by_noise_db"]["10"]["counts"], {"no": {"yes": 1}})
        self.assertEqual(results["words"]["subjects"], 2)
        lines = [json.loads(line) for line in (self.here / "results.words.raw.jsonl").read_text().splitlines()]
        heard = [[report["label"] for report in line["reports"]] for line in lines if line.get("reports")]
        self.assertEqual(heard, [["yes", "no", "up", "down"]] * 2)

        said = self.measure(0, "--profile", "keyword", "--data", self.here / "set", "--labels", self.here / "labels.csv", "--name", "talk", "--continuous")
        self.assertIn("8 false accepts", said)
        self.assertIn("words", self.results(), "an entry of the same module stays")
        self.assertIn("a new file, or --resume", self.measure(2, "--profile", "keyword", "--data", self.here / "set", "--labels", self.here / "labels.csv", "--name", "talk"))
        self.assertIn("results of different modules", self.measure(2, "--profile", "person", "--data", self.pictures(2), "--name", "x"))

    def test_measures_pictures_whose_answers_do_not_depend_on_their_neighbours(self):
        data = self.pictures(12)
        self.measure(0, "--profile", "person", "--data", data, "--name", "all", "--latency", "2")
        def decided(name):
            lines = [json.loads(line) for line in (self.here / f"results.{name}.raw.jsonl").read_text().splitlines()]
            return {line["file"]: (line["decided"], line["score_permille"]) for line in lines if line.get("kind") == "sample"}
        everything = decided("all")
        self.assertEqual(len(everything), 12)
        self.assertEqual(len({answer for answer, score in everything.values()}), 2, everything)
        self.measure(0, "--profile", "person", "--data", data, "--name", "some", "--limit", "5")
        some = decided("some")
        self.assertEqual(len(some), 5)
        self.assertEqual(some, {file: everything[file] for file in some})
        threshold = self.results()["decision"]["high_threshold_permille"]
        for answer, score in everything.values():
            self.assertEqual(answer == "person", score >= threshold)
        self.assertGreater(self.results()["latency"]["values"]["stimulus_to_read_p50"]["value"], 300)

    def test_goes_on_after_an_interruption(self):
        data = self.pictures(40)
        arguments = [TOOL, "measure", "--module", MODULE, "--profile", "person", "--data", data, "--name", "t", "--out", self.here / "results.json"]
        raw = self.here / "results.t.raw.jsonl"
        with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline and process.poll() is None and (not raw.exists() or raw.read_text().count("\n") < 4):
                time.sleep(0.001)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=PATIENCE_S)[1]
        if process.returncode == 0:
            self.skipTest("this machine is too fast to be interrupted")
        self.assertEqual(process.returncode, 130, said)
        self.assertIn("--resume goes on", said)
        self.assertFalse((self.here / "results.json").exists())
        before = raw.read_text()
        raw.write_text(before + '{"kind": "sam')
        other = self.flipped_model("person")
        self.assertIn("/model_sha256", self.measure(2, "--profile", "person", "--data", data, "--name", "t", "--resume", "--model", other))
        self.measure(0, "--profile", "person", "--data", data, "--name", "t", "--resume")
        files = [json.loads(line)["file"] for line in raw.read_text().splitlines() if '"sample"' in line]
        self.assertEqual(len(files), 40)
        self.assertEqual(len(set(files)), 40)
        self.assertTrue(raw.read_text().startswith(before))

    def sheet_of(self, name, address):
        sheet = self.here / f"{name}.sheet.json"
        self.tool(0, "generate", FACTS / f"{name}.facts.json", "--model", MODELS / name / f"{name}.json", "--device", address, "-o", sheet)
        return sheet

    def test_verifies_a_module_against_its_datasheet_and_notices_one_changed_bit(self):
        name, more = "keyword", ("--input", WORDS)
        sheet = self.sheet_of(name, self.start("--profile", name, *more))
        address = self.start("--profile", name, *more, "--datasheet", sheet)
        said = self.tool(0, "verify", sheet, "--device", address, "--allow-simulated")
        self.assertIn("The module agrees with its datasheet.", said)
        for part in ("model SHA-256", "firmware SHA-256", "datasheet SHA-256", "register windows", "power modes", "known answer", "labels"):
            self.assertRegex(said, rf"(?m)^agrees +{part}")
        self.assertRegex(self.tool(1, "verify", sheet, "--device", address), r"CONTRADICTS +transducers")

        broken = self.start("--model", self.flipped_model(name), *more, "--datasheet", sheet)
        rows = json.loads(self.tool(1, "verify", sheet, "--device", broken, "--allow-simulated", "--json"))
        self.assertFalse(rows["agrees"])
        wrong = {row["what"] for row in rows["rows"] if row["verdict"] == "contradicts"}
        self.assertEqual(wrong, {"model SHA-256", "model SHA-256 of the specification", "self-test", "known answer"})
        said = self.tool(2, "generate", FACTS / f"{name}.facts.json", "--model", MODELS / name / f"{name}.json", "--device", broken)
        self.assertIn("manifest, /sha256", said)

        # One changed byte in the sheet.
        sheet.write_text(sheet.read_text().replace("yes, no, up", "yes, no, Up", 1))
        self.assertRegex(self.tool(1, "verify", sheet, "--device", address, "--allow-simulated"), "CONTRADICTS +datasheet SHA-256")

    def test_generates_only_from_measurements_of_this_model_and_firmware(self):
        name = "person"
        generate = ("generate", FACTS / f"{name}.facts.json", "--model", MODELS / name / f"{name}.json", "--results", self.here / "results.json", "-o", self.here / "sheet.json")
        self.measure(0, "--profile", name, "--data", self.pictures(4), "--name", "held_out_sources")
        address = self.start("--profile", name, "--input", INPUTS / "person")
        self.tool(0, *generate, "--device", address)
        results = self.results()
        self.assertIn("/firmware_sha256", self.tool(2, *generate[:-2], "--device", self.changed(results, "firmware_sha256", address)))
        (self.here / "results.json").unlink()
        self.measure(0, "--profile", name, "--data", self.here / "set", "--name", "held_out_sources", "--raw", self.here / "other.jsonl", "--model", self.flipped_model(name))
        self.assertIn("measured on another model", self.tool(2, *generate))

    def changed(self, results, key, address):
        (self.here / "results.json").write_text(json.dumps({**results, key: "0" * 64}))
        return address

    def test_says_when_there_is_no_module(self):
        sheet = self.sheet_of("keyword", self.start("--profile", "keyword", "--input", WORDS))
        self.assertIn("nowhere", self.tool(3, "verify", sheet, "--device", f"unix:{self.here}/nowhere"))
        self.tool(2, "verify", sheet, "--device", "smoke:signals")
        self.tool(2, "verify", self.here / "none.json", "--device", "unix:x")
        self.assertIn("No such file", self.tool(2, "measure", "--module", self.here / "none", "--profile", "keyword", "--data", INPUTS, "--out", self.here / "r.json"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
