"""The model zoo as a user has it: list, install, verify, and each model in the program that runs it."""
import hashlib
import http.server
import json
import os
import pty
import resource
import shutil
import subprocess
import sys
import threading
import unittest
from pathlib import Path

from processes import BIN, INPUTS, MODELS, PATIENCE_S, SOURCE, SystemTest

MIRROR = SOURCE.parent / "shared/models"
CONTENT = bytes(i * 31 % 251 for i in range(200_000))


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT as a test tells it to."""

    def do_GET(self):
        server = self.server
        begin = 0
        wanted = self.headers.get("Range")
        server.requests.append(wanted)
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        if wanted and server.takes_ranges:
            begin = int(wanted.removeprefix("bytes=").rstrip("-"))
            if begin >= len(server.content):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(server.content) - 1}/{len(server.content)}")
        else:
            self.send_response(200)
        body = server.content[begin:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.cuts:
            body = body[:server.cuts.pop(0)]
        try:
            self.wfile.write(body)
            if server.hangs:
                server.release.wait(PATIENCE_S)
        except OSError:
            pass

    def log_message(self, *_):
        pass


class Zoo(SystemTest):
    def models(self, *arguments, **options):
        return subprocess.run([BIN / "mlsensor", "models", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_S, **options)

    def serve(self, content=CONTENT, takes_ranges=True, cuts=(), statuses=(), hangs=False):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
        server.content, server.takes_ranges, server.cuts, server.statuses, server.hangs = content, takes_ranges, list(cuts), list(statuses), hangs
        server.requests, server.release = [], threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(server.release.set)
        return server

    def zoo_of(self, server, size=len(CONTENT)):
        """A zoo with one model, at that server."""
        entry = {"name": "toy", "what": "a toy", "file": "toy.tflite", "url": f"http://127.0.0.1:{server.server_port}/toy.tflite",
                 "sha256": hashlib.sha256(CONTENT).hexdigest(), "licence": "CC0-1.0", "credit": "nobody", "unsupported": "it is a toy"}
        if size:
            entry["bytes"] = size
        path = self.directory / "zoo.json"
        path.write_text(json.dumps({"models": [entry]}))
        return path

    def install(self, server, *arguments, size=len(CONTENT), **options):
        return self.models("install", "toy", "--zoo", self.zoo_of(server, size), "--to", self.directory / "to", *arguments, **options)

    def check_installed(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.directory / "to/toy.tflite").read_bytes(), CONTENT)
        self.assertEqual(sorted(file.name for file in (self.directory / "to").iterdir()), ["toy.json", "toy.tflite"])

    def check_refused(self, done, words, left=()):
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(sorted(file.name for file in (self.directory / "to").iterdir()), list(left))

    def test_lists_each_model_with_what_is_needed_to_judge_it(self):
        rows = [json.loads(line) for line in self.models("list", "--json").stdout.splitlines()]
        self.assertEqual({row["name"] for row in rows}, {"kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8", "str_ww_ref_model",
                                                         "person_detect", "micro_speech_quantized"})
        for row in rows:
            self.assertRegex(row["sha256"], "^[0-9a-f]{64}$")
            self.assertRegex(row["url"], "^https://.*/" + row["file"] + "$")
            self.assertEqual(row["licence"], "Apache-2.0")
            self.assertTrue(row["credit"] and row["front_end"])
            self.assertIn(row["runs_in"], ("mlsensor-module", "mlsensor-infer"))
            self.assertIn(row["name"], self.models("list").stdout)

    def test_each_installed_model_runs(self):
        if not MIRROR.is_dir():
            print("SKIPPED: there is no ../shared/models to install from", file=sys.stderr)
            self.skipTest("no mirror")
        missing = []
        for row in map(json.loads, self.models("list", "--json").stdout.splitlines()):
            if not (MIRROR / row["file"]).exists():
                missing.append(row["file"])
                continue
            with self.subTest(model=row["name"]):
                done = self.models("install", row["name"], "--from", MIRROR, "--to", self.directory / "to", "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                model = Path(json.loads(done.stdout)["file"])
                self.assertEqual(model.stat().st_size, row["bytes"])
                self.assertIn(row["name"], self.models("verify", model).stdout)
                if row["runs_in"] == "mlsensor-module":
                    self.assertEqual(self.models("check", model).returncode, 0)
                    profile = json.loads(model.with_suffix(".json").read_text())["profile"]
                    module = self.start("--model", model, "--input", INPUTS / profile)
                    self.wait_for_the_end_of_the_input(self.address)
                    info = self.ask("info", self.address)[0]
                    self.assertEqual(info["model_hash"]["sha256"] if isinstance(info["model_hash"], dict) else info["model_hash"], row["sha256"])
                    power = self.ask("get", self.address, "power.inference_count", "power.invalid_count")[0]
                    self.assertGreater(power["power.inference_count"], 2 * power["power.invalid_count"])
                    self.assertEqual(module.stop(), 0)
                else:
                    status, message = self.refuse("--model", model, "--input", INPUTS / "keyword", "--listen", self.address)
                    self.assertEqual(status, 3)
                    self.assertIn("cannot run in a module: " + row["unsupported"], message)
                    subprocess.run([BIN / "mlsensor-infer", model, "--plan"], check=True, capture_output=True, timeout=PATIENCE_S)
        if missing:
            print("NOT TESTED: ../shared/models lacks " + ", ".join(missing), file=sys.stderr)

    def test_downloads_and_checks_the_hash(self):
        for size in (len(CONTENT), 0):
            with self.subTest(size_is_known=size > 0):
                shutil.rmtree(self.directory / "to", ignore_errors=True)
                self.check_installed(self.install(self.serve(), size=size))

    def test_what_is_there_is_not_fetched_again_and_a_changed_manifest_stays(self):
        server = self.serve()
        self.check_installed(self.install(server))
        (self.directory / "to/toy.json").write_text("mine")
        self.check_installed(self.install(server))
        self.assertEqual(len(server.requests), 1)
        self.assertEqual((self.directory / "to/toy.json").read_text(), "mine")

    def test_a_damaged_installed_file_is_replaced(self):
        server = self.serve()
        self.check_installed(self.install(server))
        (self.directory / "to/toy.tflite").write_bytes(CONTENT[:-1])
        self.check_installed(self.install(server))

    def test_a_connection_that_is_cut_is_taken_up_where_it_stopped(self):
        server = self.serve(cuts=[70_000, 50_000])
        self.check_installed(self.install(server))
        self.assertEqual(server.requests, [None, "bytes=70000-", "bytes=120000-"])

    def test_a_later_run_goes_on_where_the_first_stopped(self):
        self.check_refused(self.install(self.serve(cuts=[1000] * 9)), "run it again to go on there", left=["toy.tflite.part"])
        server = self.serve()
        self.check_installed(self.install(server))
        self.assertEqual(server.requests, ["bytes=5000-"])

    def test_a_server_that_knows_no_ranges_is_asked_for_all_of_it(self):
        server = self.serve(takes_ranges=False, cuts=[70_000])
        self.check_installed(self.install(server))
        self.assertEqual(server.requests[:2], [None, "bytes=70000-"])

    def test_a_part_of_another_file_is_thrown_away(self):
        (self.directory / "to").mkdir()
        for part in (b"x" * 100, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 1)):
            (self.directory / "to/toy.tflite.part").write_bytes(part)
            self.check_installed(self.install(self.serve()))
            (self.directory / "to/toy.tflite").unlink()

    def test_another_file_is_refused(self):
        for content, words in ((CONTENT[:-1] + b"x", "not the file that was published"), (CONTENT[:-1], "199999 bytes of 200000"),
                               (CONTENT + b"x", "larger than the 200000 bytes that were expected"), (b"", "not the file that was published")):
            with self.subTest(words=words, size=len(content)):
                self.check_refused(self.install(self.serve(content)), words)

    def test_errors_of_servers_are_told(self):
        self.check_refused(self.install(self.serve(statuses=[404])), "404")
        self.check_installed(self.install(self.serve(statuses=[503, 502])))
        done = self.install(self.serve(), "--from", "http://127.0.0.1:1")
        self.check_installed(done)  # It is there already.
        shutil.rmtree(self.directory / "to")
        self.check_refused(self.install(self.serve(), "--from", "http://127.0.0.1:1"), "127.0.0.1")

    def test_a_server_that_hangs_ends_at_the_time_limit(self):
        self.check_refused(self.install(self.serve(cuts=[1000], hangs=True), "--timeout", "1"), "timed out", left=["toy.tflite.part"])

    def test_a_full_disk_is_told_and_the_rest_comes_when_there_is_room(self):
        limit = 100_000
        server = self.serve()
        done = self.install(server, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.check_refused(done, "toy.tflite.part: cannot be written: File too large", left=["toy.tflite.part"])
        self.check_installed(self.install(server))
        self.assertEqual(server.requests[1], f"bytes={limit}-")

    def test_a_folder_that_cannot_be_made_is_told(self):
        (self.directory / "to").write_text("a file")
        done = self.install(self.serve())
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be made", done.stderr)

    def test_a_terminal_gets_a_progress_bar(self):
        master, slave = pty.openpty()
        with subprocess.Popen([BIN / "mlsensor-models", "install", "toy", "--zoo", self.zoo_of(self.serve()), "--to", self.directory / "to"],
                              stdout=subprocess.DEVNULL, stderr=slave) as process:
            os.close(slave)
            self.assertEqual(process.wait(PATIENCE_S), 0)
        shown = os.read(master, 65536).decode()
        os.close(master)
        self.assertIn("toy.tflite [##############################] 100 % of 196 KiB", shown)

    def test_verify_names_what_it_knows_and_refuses_what_was_changed(self):
        shipped = MODELS / "keyword/keyword.tflite"
        self.assertIn("as its manifest says", self.models("verify", shipped).stdout)
        changed = self.directory / "keyword.tflite"
        changed.write_bytes(shipped.read_bytes() + b"x")
        shutil.copy(shipped.with_suffix(".json"), self.directory / "keyword.json")
        stranger = self.directory / "kws_ref_model.tflite"
        stranger.write_bytes(b"x")
        for file, words in ((changed, "as its manifest says"), (stranger, "not the published kws_ref_model"), (self.directory / "none", "none")):
            done = self.models("verify", file)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)

    def test_wrong_use_is_explained(self):
        for arguments, status, words in (((), 2, "subcommand"), (("install",), 2, "NAME"), (("install", "nothing", "--to", self.directory), 1, "models list"),
                                         (("evaluate", "dog", "--data", "."), 2, "dog"), (("nonsense",), 2, "subcommand"),
                                         (("install", "ad01_int8", "--from", self.directory, "--to", self.directory), 1, "has no file ad01_int8.tflite")):
            done = self.models(*arguments)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(words, done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
