"""Modules and hosts that die, stop, or talk nonsense: nothing hangs, and nothing is taken for an answer that is none."""
import os
import signal
import subprocess
import time
import unittest

from processes import BIN, INPUTS, NOTIFY, PATIENCE_S, READ, RESPONSE, WRITE, RawHost, SystemTest, frame

WORDS = INPUTS / "keyword/1-words.wav"
NO_DEVICE, BAD_ANSWER, TIME_OUT = 3, 4, 5
RESULT, EVENTS, CONTROL_COMMAND, CONTROL_NOTIFY = 0x40, 0x60, 0xEA, 0xED
RESTART = 7


class Hosts(SystemTest):
    def setUp(self):
        super().setUp()
        self.module = self.start("--profile", "keyword", "--input", WORDS)

    def protocol_errors(self):
        return self.ask("get", self.address, "status.protocol_errors")[0]["status.protocol_errors"]

    def test_are_told_when_the_module_is_gone(self):
        self.module.kill()
        self.assertEqual(self.host("read", self.address)[0], NO_DEVICE, "a socket file without a module")
        self.assertEqual(self.host("read", f"unix:{self.directory}/none")[0], NO_DEVICE)

    def test_time_out_when_the_module_stops_in_mid_answer(self):
        self.module.process.send_signal(signal.SIGSTOP)
        begin = time.monotonic()
        self.assertEqual(self.host("--timeout", "500ms", "read", self.address)[0], TIME_OUT)
        self.assertLess(time.monotonic() - begin, PATIENCE_S)
        self.module.process.send_signal(signal.SIGCONT)
        self.assertEqual(self.host("read", self.address)[0], 0, "and go on when it does")

    def test_end_when_the_module_is_killed_while_they_watch(self):
        with subprocess.Popen([BIN / "mlsensor", "watch", self.address], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as watch:
            self.assertIn("reset", watch.stdout.readline())
            self.module.kill()
            _, errors = watch.communicate(timeout=PATIENCE_S)
            self.assertIn(watch.returncode, (NO_DEVICE, BAD_ANSWER, TIME_OUT), errors)
            self.assertNotEqual(errors, "")

    def test_that_die_in_mid_read_leave_the_module_unharmed(self):
        whole = frame(READ, 1, RESULT, 30)
        for i in range(60):
            host = RawHost(self, self.address)
            host.send(whole[:i % len(whole)] if i % 2 else whole * (i + 1))
            host.close()
        self.assertEqual(self.host("read", self.address)[0], 0)
        with subprocess.Popen([BIN / "mlsensor", "watch", self.address], stdout=subprocess.PIPE, text=True) as watch:
            self.assertIn("reset", watch.stdout.readline())
            watch.kill()
        self.assertEqual(self.host("read", self.address)[0], 0)
        self.assertEqual(self.module.stop(), 0)

    def test_that_talk_nonsense_are_told_so(self):
        host = RawHost(self, self.address)
        ok, bad_address, bad_length, read_only, bad_crc = 0, 1, 2, 3, 6
        for request, status in ((frame(READ, 1, RESULT, 30), ok),
                                (frame(READ, 2, 0xF8, 4), bad_address),
                                (frame(READ, 3, RESULT, 31), bad_length),
                                (frame(WRITE, 4, RESULT, 1, b"\0"), read_only),
                                (frame(READ, 5, RESULT, 30, crc=0), bad_crc),
                                (frame(READ, 6, EVENTS, 24), ok)):
            host.send(request)
            operation, _, _, payload = host.receive()
            self.assertEqual((operation, payload[0]), (RESPONSE, status))
        host.send(os.urandom(5000).replace(b"\0", b"\1") + b"\0")
        host.close()
        self.assertEqual(set(self.protocol_errors()),
                         {"bad_address", "bad_length", "write_to_read_only", "crc_failure", "bad_frame"})

    def test_that_stop_in_mid_frame_are_dropped_and_counted(self):
        host = RawHost(self, self.address)
        host.send(frame(READ, 1, RESULT, 30)[:4])
        deadline = time.monotonic() + PATIENCE_S
        while "stalled" not in self.protocol_errors():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        host.send(b"\0" + frame(READ, 2, RESULT, 30))
        answers = [host.receive()]
        if answers[-1][1] != 2:  # what was left of the old frame may have been answered as a bad one
            answers.append(host.receive())
        self.assertEqual((answers[-1][1], answers[-1][3][0]), (2, 0))

    def test_get_events_by_themselves_when_they_ask_for_it(self):
        self.wait_for_the_end_of_the_input(self.address)
        host = RawHost(self, self.address)
        host.send(frame(WRITE, 1, CONTROL_NOTIFY, 1, b"\1"))
        self.assertEqual(host.receive()[3][0], 0)
        self.ask("set", self.address, "refractory_ms=100")
        self.ask("commit", self.address)
        operation, _, _, record = host.receive()
        self.assertEqual((operation, record[8]), (NOTIFY, 5), "event config_changed")

    def test_stay_connected_while_the_module_starts_again(self):
        def boot():
            info = self.ask("info", self.address)[0]
            return info["identity"]["boot_id"], info["status"]["reset_cause"]

        before = boot()
        self.assertEqual(before[1], "power_on")
        host = RawHost(self, self.address)
        host.send(frame(WRITE, 1, CONTROL_COMMAND, 2, bytes([RESTART, 77])))
        self.assertEqual(host.receive()[3][0], 0)
        deadline = time.monotonic() + PATIENCE_S
        while boot()[0] == before[0]:
            self.assertLess(time.monotonic(), deadline, "it does not start again")
        self.assertEqual(boot()[1], "command")
        host.send(frame(READ, 2, RESULT, 30))
        self.assertEqual(host.receive()[3][0], 0)
        self.assertEqual(self.module.stop(), 0)

    def test_share_a_module(self):
        reads = [subprocess.Popen([BIN / "mlsensor", "--timeout", "20s", "info", self.address], stdout=subprocess.DEVNULL) for _ in range(6)]
        self.assertEqual([read.wait(PATIENCE_S) for read in reads], [0] * len(reads))


if __name__ == "__main__":
    unittest.main()
