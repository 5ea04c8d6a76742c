"""A person module: pictures go in, changes of presence come out at the host."""
import shutil
import unittest

from processes import INPUTS, SystemTest

PICTURES = INPUTS / "person"


def decisions(events):
    """What the decision became, one for each event; `detail` is the decision."""
    return [("unknown", "negative", "positive")[event["detail"]] for event in events if event["type"] == "presence"]


class Person(SystemTest):
    def test_reports_each_change_of_the_demo_input_once(self):
        events = self.run_to_the_end("--profile", "person", "--input", PICTURES)
        self.assertEqual(decisions(events), ["negative", "positive", "negative"])
        self.assertEqual(events[-1]["type"], "input_ended")

    def test_takes_time_from_the_rate_of_the_pictures(self):
        last = []
        for rate in (5, 10):
            events = self.run_to_the_end("--profile", "person", "--input", PICTURES, "--fps", rate)
            last.append(events[-1]["time_ms"])
        count = len(list(PICTURES.iterdir()))
        self.assertLess(abs(last[0] - (count - 1) * 200), 200)
        self.assertLess(abs(last[1] - (count - 1) * 100), 200)

    def test_a_single_picture_is_one_result(self):
        module = self.start("--profile", "person", "--input", PICTURES / "00.png")
        self.wait_for_the_end_of_the_input(self.address)
        self.assertEqual(self.ask("get", self.address, "power.inference_count")[0]["power.inference_count"], 1)
        self.assertEqual(module.stop(), 0)

    def test_a_damaged_picture_in_between_is_one_failed_capture(self):
        for i in range(8):
            shutil.copy(PICTURES / "01.jpg", self.directory / f"{i}.jpg")
        (self.directory / "4.jpg").write_bytes((PICTURES / "01.jpg").read_bytes()[:1500])
        module = self.start("--profile", "person", "--input", self.directory)
        events = self.events(self.address)
        self.assertEqual([event["type"] for event in events].count("fault"), 1)
        counters = self.ask("get", self.address, "power.inference_count", "power.skipped_count", "power.invalid_count")[0]
        self.assertEqual(counters, {"power.inference_count": 7, "power.skipped_count": 1, "power.invalid_count": 1})
        self.assertIn("4.jpg: cut short or damaged", module.errors())
        self.assertEqual(module.stop(), 0)
        self.assertIn("1 captures failed", module.errors())

    def test_standby_turns_the_camera_off(self):
        module = self.start("--profile", "person", "--input", PICTURES, "--loop")
        self.ask("set", self.address, "power_mode=standby")
        self.ask("commit", self.address)
        self.assertEqual(self.ask("get", self.address, "privacy.transducers_powered")[0]["privacy.transducers_powered"], [])
        first, second = (self.ask("get", self.address, "power.inference_count")[0]["power.inference_count"] for _ in range(2))
        self.assertEqual(first, second)
        self.assertEqual(module.stop(), 0)


if __name__ == "__main__":
    unittest.main()
