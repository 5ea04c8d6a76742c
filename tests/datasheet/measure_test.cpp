#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "child_module.h"
#include "energy_report.h"
#include "labelled_set.h"
#include "mls/datasheet/schema.h"
#include "power_meter.h"
#include "power_trace.h"
#include "raw_log.h"
#include "summary.h"

namespace mls::datasheet {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

class InFolder : public testing::Test {
 protected:
  std::filesystem::path Write(const std::string& name, const std::string& text) const {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  TemporaryFolder folder_;
};

TEST(SplitCsvRow, HeedsQuotes) {
  EXPECT_THAT(SplitCsvRow("a,b,,"), ElementsAre("a", "b", "", ""));
  EXPECT_THAT(SplitCsvRow(R"("a,b","say ""no""",c)"), ElementsAre("a,b", "say \"no\"", "c"));
  EXPECT_THAT(SplitCsvRow(""), ElementsAre(""));
}

class LabelledSetTest : public InFolder {};

TEST_F(LabelledSetTest, TakesLabelsFromFolders) {
  Write("set/yes/1.wav", "one");
  Write("set/no/2.WAV", "two");
  Write("set/no/readme.txt", "not sound");
  const auto set = ReadLabelledSet({.folder = folder_.path() / "set"});
  ASSERT_TRUE(set.ok()) << set.problem().text();
  ASSERT_EQ(set->samples.size(), 2u);
  EXPECT_EQ(set->samples[0].file, "no/2.WAV");
  EXPECT_EQ(set->samples[0].label, "no");
  EXPECT_EQ(set->samples[1].sha256, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
}

TEST_F(LabelledSetTest, TakesTheLabelOfALinkFromItsFolderNotFromWhereItLeads) {
  Write("elsewhere/1.wav", "x");
  std::filesystem::create_directories(folder_.path() / "set/yes");
  std::filesystem::create_symlink(folder_.path() / "elsewhere/1.wav", folder_.path() / "set/yes/1.wav");
  const auto set = ReadLabelledSet({.folder = folder_.path() / "set"});
  ASSERT_TRUE(set.ok()) << set.problem().text();
  ASSERT_EQ(set->samples.size(), 1u);
  EXPECT_EQ(set->samples[0].file, "yes/1.wav");
  EXPECT_EQ(set->samples[0].label, "yes");
}

TEST_F(LabelledSetTest, TakesRowsSpeakersAndConditionsFromATable) {
  for (const char* name : {"a.wav", "b.wav", "c.wav"}) Write(std::string("set/") + name, name);
  const auto table = Write("labels.csv",
                           "split,file,label,speaker,noise_db,licence\ntest,b.wav,no,s2,,x\ntest,a.wav,yes,s1,10,"
                           "x\ntrain,c.wav,yes,s1,5,x\n");
  const auto set = ReadLabelledSet({.folder = folder_.path() / "set", .labels = table, .where = {"split=test,other"}});
  ASSERT_TRUE(set.ok()) << set.problem().text();
  ASSERT_EQ(set->samples.size(), 2u);
  EXPECT_EQ(set->samples[0].subject, "s1");
  EXPECT_EQ(set->samples[0].conditions.at("noise_db"), "10");
  EXPECT_TRUE(set->samples[1].conditions.empty());
}

TEST_F(LabelledSetTest, HasAHashOfFilesAndLabelsWhereverTheyLie) {
  Write("one/yes/1.wav", "sound");
  Write("two/yes/1.wav", "sound");
  Write("three/no/1.wav", "sound");
  const auto hash = [&](const char* name) { return ReadLabelledSet({.folder = folder_.path() / name})->sha256; };
  EXPECT_EQ(hash("one"), hash("two"));
  EXPECT_NE(hash("one"), hash("three"));
}

TEST_F(LabelledSetTest, SaysWhatIsWrong) {
  Write("set/1.wav", "x");
  const auto twice = Write("twice.csv", "file,label\n1.wav,a\n1.wav,b\n");
  const auto short_row = Write("short.csv", "file,label\n1.wav\n");
  const auto missing = Write("missing.csv", "file,label\n2.wav,a\n");
  const auto folder = folder_.path() / "set";
  EXPECT_THAT(ReadLabelledSet({.folder = folder}).problem().text(), HasSubstr("1.wav: expected a label"));
  EXPECT_THAT(ReadLabelledSet({.folder = folder_.path() / "none"}).problem().text(), HasSubstr("expected a folder"));
  EXPECT_THAT(ReadLabelledSet({.folder = folder, .labels = twice}).problem().text(), HasSubstr("each file once"));
  EXPECT_THAT(ReadLabelledSet({.folder = folder, .labels = short_row}).problem().text(),
              HasSubstr("line 2: expected 2 fields"));
  EXPECT_THAT(ReadLabelledSet({.folder = folder, .labels = missing}).problem().text(), HasSubstr("2.wav"));
  EXPECT_THAT(ReadLabelledSet({.folder = folder, .labels = twice, .where = {"split=a"}}).problem().text(),
              HasSubstr("a column of the table"));
}

class RawLogTest : public InFolder {
 protected:
  std::filesystem::path path() const { return folder_.path() / "raw.jsonl"; }
  const Json header_ = {{"schema", "mlsensor-raw/1"}, {"firmware_sha256", "aa"}, {"started", "2026-01-01T00:00:00Z"}};
};

TEST_F(RawLogTest, GoesOnAfterTheLastWholeLine) {
  {
    auto log = RawLog::Begin(path(), header_);
    ASSERT_TRUE(log.ok());
    ASSERT_TRUE(log->Append({{"n", 1}}).ok());
  }
  std::ofstream(path(), std::ios::app) << R"({"n": 2, "cut)";
  Json later = header_;
  later["started"] = "2026-01-02T00:00:00Z";
  auto log = RawLog::Resume(path(), later);
  ASSERT_TRUE(log.ok()) << log.problem().text();
  EXPECT_EQ(log->lines().size(), 1u);
  EXPECT_EQ(log->header()["started"], "2026-01-01T00:00:00Z");
  ASSERT_TRUE(log->Append({{"n", 3}}).ok());
  EXPECT_EQ(RawLog::Resume(path(), later)->lines().back()["n"], 3);
}

TEST_F(RawLogTest, RefusesToGoOnWithAnotherFirmwareOrADamagedFile) {
  ASSERT_TRUE(RawLog::Begin(path(), header_).ok());
  EXPECT_THAT(RawLog::Begin(path(), header_).problem().text(), HasSubstr("--resume"));
  Json other = header_;
  other["firmware_sha256"] = "bb";
  EXPECT_THAT(RawLog::Resume(path(), other).problem().text(), HasSubstr("/firmware_sha256: expected \"bb\""));
  std::ofstream(path(), std::ios::app) << "[1]\n";
  EXPECT_THAT(RawLog::Resume(path(), header_).problem().text(), HasSubstr("line 2: expected an object"));
  EXPECT_FALSE(RawLog::Resume(folder_.path() / "none", header_).ok());
}

class SummaryTest : public InFolder {
 protected:
  RawLog LogOf(const char* profile, const Json& labels, const std::vector<Json>& lines) {
    std::filesystem::remove(folder_.path() / "raw.jsonl");
    auto log =
        RawLog::Begin(folder_.path() / "raw.jsonl",
                      {{"profile", profile}, {"labels", labels}, {"set", {{"sha256", "5e7"}, {"n", lines.size()}}}});
    for (const Json& line : lines) EXPECT_TRUE(log->Append(line).ok());
    return std::move(*log);
  }
  static Json Person(const char* label, const char* decided, int score, const char* group) {
    return {{"kind", "sample"},
            {"label", label},
            {"decided", decided},
            {"score_permille", score},
            {"conditions", {{"group", group}}}};
  }
  const RunInfo run_{"run", std::string(64, 'a'), "2026-01-01T00:00:00Z", "a set"};
};

TEST_F(SummaryTest, CountsMissesAndWhatCouldNotBeJudgedAndLeavesOutWhatCouldNotBeDecoded) {
  const RawLog log = LogOf("person", {"no_person", "person"},
                           {Person("person", "person", 900, "a"),
                            Person("person", "no_person", 300, "a"),
                            Person("person", "invalid", 0, "b"),
                            Person("none", "person", 700, "b"),
                            Person("none", "no_person", 100, "b"),
                            {{"kind", "sample"}, {"label", "none"}, {"decided", "failed"}}});
  const Json entries = SummarizeSet(log, "test", run_);
  const Json& test = entries["test"];
  EXPECT_EQ(
      test["counts"],
      Json::parse(
          R"({"no_person": {"no_person": 1, "person": 1}, "person": {"invalid": 1, "no_person": 1, "person": 1}})"));
  EXPECT_EQ(test["coverage"], Json::parse(R"({"invalid": 1, "failed_to_decode": 1})"));
  EXPECT_EQ(test["recall"]["count"], 1);
  EXPECT_EQ(test["recall"]["of"], 3);
  EXPECT_EQ(test["precision"]["of"], 2);
  EXPECT_EQ(entries["test_by_group"]["a"]["n"], 2);
  EXPECT_EQ(entries["test_by_group"]["b"]["false_positive_rate"]["of"], 2);
  // At a threshold of 0.5: one of three found, one of two accepted.
  for (const Json& point : test["plots"][0]["points"]) {
    if (point[2] == 0.5) {
      EXPECT_EQ(point, Json::parse("[0.5, 0.3333, 0.5]"));
    }
  }
  EXPECT_EQ(test["plots"].back()["title"], "Calibration");
}

TEST_F(SummaryTest, ResamplesSpeakersOfWords) {
  std::vector<Json> lines;
  for (int i = 0; i < 40; ++i) {
    const char* decided = i % 4 == 0 ? "none" : "yes";
    lines.push_back({{"kind", "sample"},
                     {"label", "yes"},
                     {"decided", decided},
                     {"subject", "s" + std::to_string(i / 4)},
                     {"highest", {{"yes", 800}, {"no", 200}}}});
  }
  lines.push_back(
      {{"kind", "sample"}, {"label", "_unknown_"}, {"decided", "no"}, {"subject", "s1"}, {"highest", {{"no", 700}}}});
  const Json entries = SummarizeSet(LogOf("keyword", {"silence", "unknown", "yes", "no"}, lines), "words", run_);
  EXPECT_EQ(entries["words"]["subjects"], 10);
  EXPECT_EQ(entries["words"]["intervals"]["recall"]["method"], "bootstrap by subject");
  EXPECT_EQ(entries["words"]["recall"]["share"], 0.75);
  EXPECT_EQ(entries["words"]["false_positive_rate"]["count"], 1);
  EXPECT_THAT(SummaryText("words", entries), HasSubstr("recall 75 %"));
}

TEST_F(SummaryTest, StatesFalseAcceptsPerHourWithTheExactInterval) {
  const RawLog log = LogOf("keyword", {"yes"},
                           {{{"kind", "sample"},
                             {"label", "talk"},
                             {"decided", "yes"},
                             {"heard_ms", 1800000},
                             {"reports", Json::array({{{"label", "yes"}}, {{"label", "yes"}}})}},
                            {{"kind", "sample"}, {"label", "talk"}, {"decided", "none"}, {"heard_ms", 1800000}}});
  const Json entry = SummarizeContinuous(log, "talk", run_)["talk"];
  EXPECT_EQ(entry["events"], 2);
  EXPECT_EQ(entry["hours"], 1);
  EXPECT_EQ(entry["interval_95_per_hour"], Json::parse("[0.24, 7.22]"));
}

TEST_F(SummaryTest, MakesLatencyThatADatasheetTakes) {
  std::vector<Json> lines;
  for (int i = 1; i <= 100; ++i)
    lines.push_back(
        {{"kind", "delay"}, {"stimulus_to_capture_ms", i}, {"capture_to_notify_ms", 1.0}, {"notify_to_read_ms", 0.5}});
  const Json latency = SummarizeLatency(LogOf("person", {"person"}, lines), run_);
  EXPECT_EQ(latency["values"]["stimulus_to_read_p50"]["value"], 51.5);
  EXPECT_EQ(latency["values"]["stimulus_to_read_p99"]["value"], 100.5);
  EXPECT_EQ(latency["values"]["stimulus_to_read_p99"]["evidence"]["kind"], "measured");
  uint64_t sum = 0;
  for (const Json& n : latency["plots"][0]["values"]) sum += n.get<uint64_t>();
  EXPECT_EQ(sum, 100u);
  EXPECT_TRUE(SummarizeLatency(LogOf("person", {"person"}, {}), run_).is_null());
}

class TraceTest : public InFolder {};

TEST_F(TraceTest, ReadsWhatEachMeterExports) {
  struct Case { const char* meter; const char* text; TraceOptions options; };
  const Case cases[] = {
      {"Power Profiler Kit 2", "Timestamp(ms),Current(uA),D0,D1\n0,1000,0,1\n10,2000,1,0\n", {3.0, "D0"}},
      {"the same with digits",
       "Timestamp(ms),Current(uA),D0-D7\r\n0,1000,01000000\r\n10,2000,10000000\r\n",
       {3.0, "D0"}},
      {"Joulescope", "#time,current,voltage,power,charge,energy\n0,0.001,3,0.003,0,0\n0.01,0.002,3,0.006,0,0\n", {}},
      {"Otii", "Timestamp,Main current (mA),Main voltage (V)\n0,1,3\n0.01,2,3\n", {}},
  };
  for (const Case& c : cases) {
    const auto trace = ReadPowerTrace(Write("trace.csv", c.text), c.options);
    ASSERT_TRUE(trace.ok()) << c.meter << ": " << trace.problem().text();
    EXPECT_THAT((*trace)[0].power_w, DoubleNear(0.003, 1e-9)) << c.meter;
    EXPECT_THAT((*trace)[1].power_w, DoubleNear(0.006, 1e-9)) << c.meter;
    EXPECT_THAT((*trace)[1].time_s, DoubleNear(0.01, 1e-9)) << c.meter;
    EXPECT_EQ((*trace)[1].marked, !c.options.marker.empty()) << c.meter;
    EXPECT_FALSE((*trace)[0].marked) << c.meter;
  }
}

TEST_F(TraceTest, SaysWhatIsWrongAndWhere) {
  const auto text = [&](const char* csv, const TraceOptions& options = {3, ""}) {
    return ReadPowerTrace(Write("t.csv", csv), options).problem().text();
  };
  EXPECT_THAT(text("a,b\n1,2\n"), HasSubstr("a column of time"));
  EXPECT_THAT(text("time,charge\n1,2\n"), HasSubstr("power or current"));
  EXPECT_THAT(text("time,current\n1,2\n", {}), HasSubstr("--voltage"));
  EXPECT_THAT(text("time,current\n0,1\n1,x\n"), HasSubstr("line 3: expected numbers"));
  EXPECT_THAT(text("time,current\n0,nan\n"), HasSubstr("line 2: expected numbers"));
  EXPECT_THAT(text("time,current\n1,1\n0,1\n"), HasSubstr("time that goes back"));
  EXPECT_THAT(text("time,current\n0,1\n1,1\n", {3, "D5"}), HasSubstr("the column \"D5\""));
  EXPECT_THAT(text("time,current\n0,1\n"), HasSubstr("two samples"));
}

// Ten inferences a second: 20 ms at 30 mW, else 10 mW. The first mark comes after 0.5 s.
std::string Trace(double seconds) {
  std::string text = "Timestamp(ms),Current(uA),D0\n";
  for (int ms = 0; ms < seconds * 1000; ++ms) {
    const bool busy = ms >= 500 && (ms - 500) % 100 < 20;
    text += std::to_string(ms) + "," + (busy ? "10000" : "3333.333") + "," + (busy ? "1" : "0") + "\n";
  }
  return text;
}

TEST_F(TraceTest, IsCutIntoRunsFromTheFirstMark) {
  const auto trace = ReadPowerTrace(Write("t.csv", Trace(6)), {3, "D0"});
  const auto runs = CutRuns(*trace, 0, 5, 1);
  ASSERT_TRUE(runs.ok()) << runs.problem().text();
  for (const TraceRun& run : *runs) {
    EXPECT_EQ(run.marks, 10u);
    EXPECT_THAT(run.joules, DoubleNear(0.014, 1e-5));
    EXPECT_THAT(run.marked_joules, DoubleNear(0.006, 1e-5));
  }
  EXPECT_THAT(CutRuns(*trace, 0, 6, 1).problem().text(), HasSubstr("6 runs"));
}

TEST_F(TraceTest, GivesEnergyInTheMannerOfMlperfTiny) {
  EnergyOptions options;
  options.trace = Write("t.csv", Trace(6));
  options.voltage_v = 3;
  options.marker = "D0";
  options.seconds = 1;
  options.decisions_per_s = 2;
  options.battery_wh = 1;
  const auto energy = MeasureEnergy(options, nullptr);
  ASSERT_TRUE(energy.ok()) << energy.problem().text();
  EXPECT_EQ((*energy)["runs"].size(), 5u);
  EXPECT_THAT((*energy)["per_inference"]["value"].get<double>(), DoubleNear(1400, 2));
  EXPECT_EQ((*energy)["per_inference"]["evidence"]["kind"], "measured");
  EXPECT_THAT((*energy)["above_baseline_per_inference"]["value"].get<double>(), DoubleNear(400, 2));
  // 10 mW and two decisions of 0.4 mJ each second.
  EXPECT_THAT((*energy)["per_day"]["value"].get<double>(), DoubleNear(0.0108 * 24, 1e-3));
  EXPECT_THAT((*energy)["battery_life"]["value"].get<double>(), DoubleNear(1 / 0.0108 / 24, 0.02));
  options.marker.clear();
  EXPECT_THAT(MeasureEnergy(options, nullptr).problem().text(), HasSubstr("--inferences-per-s"));
}

class MeterTest : public InFolder {};

TEST_F(MeterTest, ReadsAnIna226ThroughHwmon) {
  Write("hwmon/hwmon0/name", "coretemp\n");
  Write("hwmon/hwmon1/name", "ina226\n");
  Write("hwmon/hwmon1/power1_input", "250000\n");
  const auto meter = OpenHwmon(folder_.path() / "hwmon");
  ASSERT_TRUE(meter.ok()) << meter.problem().text();
  EXPECT_EQ((*meter)->instrument(), "ina226 by hwmon");
  EXPECT_THAT(*(*meter)->Joules(0.1), DoubleNear(0.025, 0.005));
}

TEST_F(MeterTest, MultipliesVoltageAndCurrentWhereTheDriverGivesNoPower) {
  Write("ina/name", "ina219\n");
  Write("ina/in1_input", "3300\n");
  Write("ina/curr1_input", "10\n");
  EXPECT_THAT(*(*OpenHwmon(folder_.path() / "ina"))->Joules(0.1), DoubleNear(0.0033, 0.0007));
  EXPECT_THAT(OpenHwmon(folder_.path() / "none").problem().text(), HasSubstr("an INA219"));
}

TEST_F(MeterTest, SeesTheCountersOfRaplWrap) {
  Write("rapl/intel-rapl:0/name", "package-0\n");
  Write("rapl/intel-rapl:0/max_energy_range_uj", "1000000\n");
  Write("rapl/intel-rapl:0/energy_uj", "900000\n");
  Write("rapl/intel-rapl:1/name", "psys\n");
  const auto meter = OpenRapl(folder_.path() / "rapl");
  ASSERT_TRUE(meter.ok()) << meter.problem().text();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    Write("rapl/intel-rapl:0/new", "100000\n");
    std::filesystem::rename(folder_.path() / "rapl/intel-rapl:0/new", folder_.path() / "rapl/intel-rapl:0/energy_uj");
  });
  EXPECT_THAT(*(*meter)->Joules(0.4), DoubleNear(0.2, 1e-9));
  later.join();
  EXPECT_FALSE(OpenRapl(folder_.path()).ok());
}

TEST_F(MeterTest, ModelsEnergyFromInstructionsAndSaysSo) {
  EnergyOptions options;
  options.bench = Write("bench.json", R"({"target": "m55", "run_instructions": 5}
{"target": "m4", "machine": "mps2-an386", "run_instructions": 1000000}
)");
  options.inferences_per_decision = 2;
  options.decisions_per_s = 1;
  options.idle_mw = 1;
  const auto energy = MeasureEnergy(options, nullptr);
  ASSERT_TRUE(energy.ok()) << energy.problem().text();
  EXPECT_EQ((*energy)["per_inference"]["value"], 355);
  EXPECT_THAT((*energy)["per_inference"]["uncertainty"].get<double>(), DoubleNear(124.3, 0.1));
  EXPECT_EQ((*energy)["per_inference"]["evidence"]["kind"], "derived");
  EXPECT_EQ((*energy)["per_decision"]["value"], 710);
  EXPECT_THAT((*energy)["modes"][0]["power"]["value"].get<double>(), DoubleNear(1.71, 1e-6));
  options.part = "Z80";
  EXPECT_THAT(MeasureEnergy(options, nullptr).problem().text(), HasSubstr("STM32L4R5"));
  EXPECT_THAT(MeasureEnergy({}, nullptr).problem().text(), HasSubstr("one of --trace"));
}

}  // namespace
}  // namespace mls::datasheet
