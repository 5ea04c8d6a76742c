"""A keyword module: sound goes in, events come out at the host."""
import json
import shutil
import subprocess
import unittest

from processes import BIN, INPUTS, MODELS, SystemTest, detections

WORDS = INPUTS / "keyword/1-words.wav"
SHIPPED = MODELS / "keyword/keyword.tflite"


class Keyword(SystemTest):
    def test_hears_the_words_of_the_demo_input_in_order(self):
        events = self.run_to_the_end("--profile", "keyword", "--input", INPUTS / "keyword")
        self.assertEqual(detections(events), ["yes", "no", "up", "down", "no", "yes"])
        self.assertEqual(events[0]["type"], "reset")
        self.assertEqual(events[-1]["type"], "input_ended")
        self.assertEqual([event["sequence"] for event in events], list(range(1, len(events) + 1)))

    def test_hears_the_same_over_unix_tcp_and_pty(self):
        seen = []
        for listen in (self.address, "tcp:127.0.0.1:0", "pty", f"pty:{self.directory}/link"):
            events = self.run_to_the_end("--profile", "keyword", "--input", WORDS, "--listen", listen)
            seen.append([(e["sequence"], e["type"], e["label"], e["score"], e["time_ms"]) for e in events])
            self.assertEqual(len(seen[-1]), len(seen[0]), listen)
        # After the end of the input the clock is in real time, and so is that last event.
        self.assertEqual([events[:-1] for events in seen], [seen[0][:-1]] * len(seen))

    def test_hears_the_same_from_standard_input(self):
        from_file = self.run_to_the_end("--profile", "keyword", "--input", WORDS)
        with subprocess.Popen(["tail", "-c", "+45", WORDS], stdout=subprocess.PIPE) as samples:
            from_pipe = self.run_to_the_end("--profile", "keyword", "--input", "-", stdin=samples.stdout)
        key = [(e["type"], e["label"], e["score"], e["time_ms"]) for e in from_file[:-1]]
        self.assertEqual([(e["type"], e["label"], e["score"], e["time_ms"]) for e in from_pipe[:-1]], key)

    def test_hears_the_same_in_real_time(self):
        events = self.run_to_the_end("--profile", "keyword", "--input", WORDS, "--speed", "real")
        self.assertEqual(detections(events), ["yes", "no", "up", "down"])

    def test_keeps_serving_after_the_end_of_the_input(self):
        module = self.start("--profile", "keyword", "--input", WORDS)
        self.wait_for_the_end_of_the_input(self.address)
        for _ in range(3):
            result = self.ask("read", self.address)[0]
            self.assertEqual(result["decision"], "negative")
        before, after = (self.ask("get", self.address, "status.uptime_ms")[0]["status.uptime_ms"] for _ in range(2))
        self.assertGreater(after, before, "its clock goes on")
        self.assertIn("the input has ended", module.errors())
        self.assertEqual(module.stop(), 0)
        self.assertFalse((self.directory / "socket").exists())

    def test_plays_its_input_again_when_told_to(self):
        module = self.start("--profile", "keyword", "--input", WORDS, "--loop")
        heard = []
        for _ in range(10):  # as long as a sanitizer needs; the input holds four words
            heard += detections(self.ask("watch", self.address, "--for", "2s"))
            if len(heard) > 4:
                break
        self.assertGreater(len(heard), 4)
        self.assertNotIn("input_ended", self.ask("get", self.address, "status.state")[0]["status.state"])
        self.assertEqual(module.stop(), 0)

    def test_keeps_what_a_host_stored(self):
        arguments = ("--profile", "keyword", "--input", WORDS, "--config-store", self.directory / "config")
        module = self.start(*arguments)
        self.ask("set", self.address, "high_threshold_permille=990")
        self.ask("commit", self.address, "--store")
        self.assertEqual(module.stop(), 0)
        module = self.start(*arguments)
        self.assertEqual(self.ask("get", self.address, "config.high_threshold_permille")[0], {"config.high_threshold_permille": 990})
        self.assertEqual(detections(self.events(self.address)), [], "and goes by it")

    def test_a_word_has_a_threshold_of_its_own_whatever_the_host_sets(self):
        manifest = json.loads(SHIPPED.with_suffix(".json").read_text())
        manifest["decision"]["word_offsets_permille"] = {"no": 999, "up": 999}
        model = shutil.copy(SHIPPED, self.directory / "model.tflite")
        (self.directory / "model.json").write_text(json.dumps(manifest))
        module = self.start("--model", model, "--input", WORDS, "--config-store", self.directory / "config")
        self.assertEqual(detections(self.events(self.address)), ["yes", "down"])
        self.ask("set", self.address, "high_threshold_permille=400", "low_threshold_permille=200")
        self.ask("commit", self.address, "--store")
        self.assertEqual(module.stop(), 0)
        self.start("--model", model, "--input", WORDS, "--config-store", self.directory / "config")
        self.assertEqual(detections(self.events(self.address)), ["yes", "down"])

    def test_has_an_id_that_stays(self):
        ids = []
        for more in ([], [], ["--unique-id", "00112233445566778899aabbccddeeff"]):
            module = self.start("--profile", "keyword", "--input", WORDS, *more)
            ids.append(self.ask("info", self.address)[0]["identity"]["unique_id"])
            self.assertEqual(module.stop(), 0)
        self.assertEqual(ids[0], ids[1])
        self.assertEqual(ids[2], "00112233445566778899aabbccddeeff")

    def test_tests_itself_by_the_known_answer_of_its_manifest(self):
        model = shutil.copy(SHIPPED, self.directory / "model.tflite")
        printed = subprocess.run([BIN / "mlsensor-module", "--model", model, "--profile", "keyword", "--print-known-answer"], text=True,
                                 capture_output=True, timeout=60)
        self.assertIn("describe it in model.json", printed.stderr)
        manifest = json.loads(SHIPPED.with_suffix(".json").read_text())
        path = self.directory / "model.json"
        path.write_text(json.dumps(manifest))
        answer = int(subprocess.run([BIN / "mlsensor-module", "--model", model, "--print-known-answer"], text=True, check=True,
                                    capture_output=True, timeout=60).stdout)
        for known_answer, status in ((answer, 0), (answer ^ 1, 1)):
            path.write_text(json.dumps({**manifest, "known_answer": known_answer}))
            module = self.start("--model", model, "--input", WORDS)
            self.wait_for_the_end_of_the_input(self.address)
            self.assertEqual(self.host("selftest", self.address)[0], status)
            self.assertEqual(module.stop(), 0)


if __name__ == "__main__":
    unittest.main()
