#include <gmock/gmock.h>

#include <fstream>

#include "exports.h"
#include "mls/interface/windows.h"
#include "mlsensor_registers.h"

extern "C" int mls_c99_high_threshold(const unsigned char* config);

namespace mls::exports {
namespace {
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kExports = std::string(MLS_SOURCE_DIR) + "/interface/exports/";

json CurrentBaseline() { return json::parse(Baseline()); }

json FrozenBaseline() {
  std::ifstream file(kExports + "baseline-" + std::to_string(kInterfaceMajor) + ".json");
  EXPECT_TRUE(file) << "a new major version needs its own baseline: mls-export-registers --baseline";
  return json::parse(file);
}

TEST(Baseline, NoRegisterOrValueOfThisMajorVersionHasMovedOrChanged) {
  EXPECT_THAT(BaselineViolations(FrozenBaseline(), CurrentBaseline()), IsEmpty())
      << "raise kInterfaceMajor, or put it back where it was";
}

TEST(Baseline, FindsWhateverMovedChangedOrWentAway) {
  struct Case {
    const char* pointer;
    json value;
    const char* violation;
  };
  const Case kCases[] = {
      {"/registers/result.flags/address", 68, "register result.flags: address was 66, is 68"},
      {"/registers/power.energy_uj/page", 1, "register power.energy_uj: page was 0, is 1"},
      {"/registers/config.period_ms/type", "u32", "register config.period_ms: type was \"u16\", is \"u32\""},
      {"/registers/identity.boot_id/size_bytes", 6, "register identity.boot_id: size_bytes was 8, is 6"},
      {"/registers/control.page/access", "read", "register control.page: access was \"read_write\", is \"read\""},
      {"/registers/result.age_ms/unit", "s", "register result.age_ms: unit was \"ms\", is \"s\""},
      {"/registers/result.decision/values", "verdict",
       "register result.decision: values was \"decision\", is \"verdict\""},
      {"/values/decision/positive", 3, "value decision.positive was 2, is 3"},
      {"/values/frame_operation/notify", nullptr, "value frame_operation.notify was 4, is null"},
  };
  for (const Case& c : kCases) {
    json doctored = CurrentBaseline();
    doctored[json::json_pointer(c.pointer)] = c.value;
    EXPECT_THAT(BaselineViolations(CurrentBaseline(), doctored), ElementsAre(c.violation));
  }
  json doctored = CurrentBaseline();
  doctored["registers"].erase("status.uptime_ms");
  EXPECT_THAT(BaselineViolations(CurrentBaseline(), doctored), ElementsAre("register status.uptime_ms is gone"));
}

TEST(Baseline, LetsRegistersAndValuesBeAdded) {
  json grown = CurrentBaseline();
  grown["registers"]["status.new_one"] = {{"address", 0x37}};
  grown["values"]["decision"]["maybe"] = 3;
  EXPECT_THAT(BaselineViolations(CurrentBaseline(), grown), IsEmpty());
}

TEST(Baseline, ANewMajorVersionMayChangeEverything) {
  json next = CurrentBaseline();
  next["interface_major"] = kInterfaceMajor + 1;
  next["registers"].clear();
  EXPECT_THAT(BaselineViolations(CurrentBaseline(), next), IsEmpty());
}

TEST(CHeader, HasTheAddressesAndValuesOfTheMap) {
  static_assert(MLS_INTERFACE_MAJOR == kInterfaceMajor && MLS_MAGIC == kMagic);
  static_assert(MLS_WINDOW_RESULT_ADDRESS == kWindowOf<LatestResult>.address);
  static_assert(MLS_WINDOW_RESULT_BYTES == kWindowOf<LatestResult>.size_bytes);
  static_assert(MLS_WINDOW_LABEL_PAGE == kWindowOf<LabelText>.page);
  static_assert(MLS_REG_CONTROL_EVENT_ACK_ADDRESS == kReg<"control.event_ack">.kAddress);
  static_assert(MLS_RESULT_FLAG_TOO_QUIET == kTooQuiet);
  static_assert(MLS_COMMAND_SINGLE_SHOT == static_cast<int>(Command::kSingleShot));
  std::array<uint8_t, kWindowOf<Config>.size_bytes> bytes{};
  EncodeWindow(Config{.high_threshold_permille = 0x0321}, bytes);
  EXPECT_EQ(mls_c99_high_threshold(bytes.data()), 0x0321);
}

TEST(ValueSets, NameEveryTableOfValues) {
  for (const RegisterInfo& info : kRegisters) {
    EXPECT_EQ(ValueSetOf(info) != nullptr, !info.values.empty()) << info.name << ": add its table to kValueSets";
  }
}

TEST(RegisterMapJson, NamesEveryRegisterOnce) {
  const json map = json::parse(RegisterMapJson());
  size_t registers = 0;
  for (const json& window : map["windows"]) {
    size_t next = 0;
    for (const json& reg : window["registers"]) {
      EXPECT_EQ(reg["offset"], next) << reg["name"];
      EXPECT_EQ(reg["address"], window["address"].get<size_t>() + next) << reg["name"];
      EXPECT_TRUE(!reg.contains("values") || map["values"].contains(reg["values"])) << reg["name"];
      next += reg["size_bytes"].get<size_t>();
      ++registers;
    }
    EXPECT_EQ(window["size_bytes"], next) << window["name"];
  }
  EXPECT_EQ(registers, kRegisters.size());
}

}  // namespace
}  // namespace mls::exports
