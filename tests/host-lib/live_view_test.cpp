// What the live view of `mlsensor watch` says, line by line.
#include "live_view.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mls::cli {
namespace {

constexpr size_t kColumns = 160;

std::string TextOf(const Line& line) {
  std::string text;
  for (const Piece& piece : line) text += piece.text;
  return text;
}

class LiveViewTest : public testing::Test {
 protected:
  LiveViewTest() {
    view_.modules.emplace_back("i2c:1@0x6C");
    LiveModule& module = view_.modules[0];
    module.problem.clear();
    module.ident.profile = Profile::kPerson;
    module.ident.firmware_minor = 3;
    module.ident.model_id = 0x01020304;
    module.labels = {"nobody", "person"};
  }
  std::vector<Line> Draw(size_t rows = 40, size_t columns = kColumns) {
    return view_.Draw(rows, columns, std::chrono::system_clock::time_point());
  }
  // All lines, one below the other.
  std::string Screen(size_t rows = 40, size_t columns = kColumns) {
    std::string text;
    for (const Line& line : Draw(rows, columns)) text += TextOf(line) + "\n";
    return text;
  }
  bool Shows(const std::string& text) { return Screen().find(text) != std::string::npos; }
  void Read(uint16_t score_permille, Decision decision, uint16_t flags = kValid) {
    LatestResult result;
    result.score_permille = score_permille;
    result.decision = decision;
    result.flags = flags;
    result.label = 1;
    view_.modules[0].AddReading({result});
  }
  LiveView view_;
};

TEST_F(LiveViewTest, AModuleIsShownWithItsNameProfileFirmwareAndModel) {
  EXPECT_TRUE(Shows("i2c:1@0x6C  person  firmware 0.3.0  model 01020304\n")) << Screen();
  EXPECT_TRUE(Shows("no result yet"));
  EXPECT_TRUE(Shows("No events yet"));
}

TEST_F(LiveViewTest, TheDecisionIsShownInAWordAndNothingIsClaimedWithoutABasis) {
  const struct {
    Profile profile;
    Decision decision;
    uint16_t flags;
    const char* shows;
  } cases[] = {
      {Profile::kPerson, Decision::kPositive, kValid, "  somebody  "},
      {Profile::kPerson, Decision::kNegative, kValid, "  nobody  "},
      {Profile::kPerson, Decision::kUnknown, kValid, "  unknown  "},
      {Profile::kPerson, Decision::kPositive, kStale | kValid, "not usable: valid, stale"},
      {Profile::kPerson, Decision::kPositive, kStale | kValid, "  unknown  "},
      {Profile::kKeyword, Decision::kPositive, kValid, "  person  "},
      {Profile::kKeyword, Decision::kNegative, kValid, "  nothing  "},
  };
  for (const auto& a_case : cases) {
    view_.modules[0].ident.profile = a_case.profile;
    Read(912, a_case.decision, a_case.flags);
    EXPECT_TRUE(Shows(a_case.shows)) << a_case.shows << "\n" << Screen();
    EXPECT_TRUE(Shows("score 0.912 for person"));
  }
}

TEST_F(LiveViewTest, AnOfflineModuleIsUnknownWhateverItSaidLast) {
  Read(912, Decision::kPositive);
  view_.modules[0].problem = "offline: no device";
  EXPECT_TRUE(Shows("offline: no device"));
  EXPECT_TRUE(Shows("  unknown  ")) << Screen();
  EXPECT_FALSE(Shows("somebody"));
}

TEST_F(LiveViewTest, TheGraphGrowsFromTheRightAndMarksWhatIsNotUsable) {
  for (const uint16_t score : {0, 500, 1000}) Read(score, Decision::kNegative);
  Read(1000, Decision::kPositive, 0);
  const std::vector<Line> lines = Draw();
  const auto bottom = std::ranges::find_if(lines, [](const Line& line) { return TextOf(line).starts_with("  0.0"); });
  ASSERT_NE(bottom, lines.end());
  EXPECT_TRUE(TextOf(*bottom).ends_with(" ▁██·")) << TextOf(*bottom);
  view_.is_utf8 = false;
  EXPECT_TRUE(Shows(" .@@!\n")) << Screen();
}

TEST_F(LiveViewTest, CountersAreShownAndEnergySaysWhereItComesFrom) {
  LiveModule& module = view_.modules[0];
  module.AddBatch({.events = {}, .lost = 3, .restarted = true});
  module.bus.retries = 2;
  module.power.emplace();
  module.power->inference_count = 77;
  EXPECT_TRUE(Shows("latency -")) << Screen();
  EXPECT_TRUE(Shows("lost 3  retries 2  restarts 1  energy unknown  inferences 77")) << Screen();
  module.power->energy_kind = EnergyKind::kModelled;
  module.power->energy_uj = 12'340;
  EXPECT_TRUE(Shows("energy 12.34 mJ modelled"));
  module.power->energy_kind = EnergyKind::kMeasured;
  module.power->energy_uj = 5'000'000;
  EXPECT_TRUE(Shows("energy 5.00 J measured"));
}

TEST_F(LiveViewTest, LatencyIsOfEventsSinceTheModuleCameOnline) {
  LiveModule& module = view_.modules[0];
  const auto now = std::chrono::system_clock::now();
  module.online_since = now - std::chrono::seconds(1);
  Event old;
  old.host_time = now - std::chrono::seconds(60);
  module.AddBatch({.events = {old}});
  EXPECT_FALSE(module.latency.has_value());
  Event fresh;
  fresh.host_time = now + std::chrono::hours(1);  // The clocks are not that well mapped.
  module.AddBatch({.events = {fresh}});
  EXPECT_EQ(module.latency, std::chrono::microseconds(0));
}

TEST_F(LiveViewTest, ItFitsAnyWindow) {
  for (int i = 0; i < 5; ++i) view_.modules.emplace_back("unix:/tmp/another-module-" + std::to_string(i));
  for (int i = 0; i < 300; ++i) {
    Read(700, Decision::kPositive);
    view_.AddEvent("12:00:00.000  #1  an event with äöü");
  }
  for (const size_t rows : {1, 2, 3, 5, 10, 24, 80}) {
    for (const size_t columns : {1, 5, 20, 80, 200}) {
      const std::vector<Line> lines = Draw(rows, columns);
      EXPECT_LE(lines.size(), rows);
      for (const Line& line : lines) {
        const std::string text = TextOf(line);
        EXPECT_LE(static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; })), columns);
      }
    }
  }
  EXPECT_NE(Screen(10).find("make the window taller"), std::string::npos);
}

}  // namespace
}  // namespace mls::cli
