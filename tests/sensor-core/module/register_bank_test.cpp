// The bank as a bus drives it.
#include "mls/core/module/register_bank.h"

#include <gtest/gtest.h>

#include "fakes.h"

namespace mls {
namespace {

constexpr std::string_view kLabels[] = {"silence", "yes", "no"};

BankSetup TestSetup() {
  BankSetup setup;
  setup.ident.profile = Profile::kKeyword;
  setup.ident.product_id = 0x1234;
  setup.ident.settle_time_ms = 40;
  setup.identity.unique_id.fill(0xAB);
  setup.identity.boot_id.fill(0xCD);
  for (uint8_t i = 0; i < 32; ++i) setup.model_hash[i] = i;
  setup.labels = kLabels;
  setup.read_limit_bytes_per_s = 0;
  return setup;
}

class RegisterBankTest : public testing::Test {
 protected:
  explicit RegisterBankTest(const BankSetup& bank_setup = TestSetup()) : setup(bank_setup) {}

  BankSetup setup;
  FakeClock clock;
  CheckedLock lock;
  RegisterBank bank{setup, clock, lock, nullptr};

  void PostEvents(int count) {
    for (int i = 0; i < count; ++i) bank.PostEvent({.time_ms = clock.now_ms, .type = EventType::kDetection});
  }
};

TEST_F(RegisterBankTest, IdentTellsWhoThisIsBeforeAnythingRuns) {
  const Ident ident = Get<Ident>(bank);
  EXPECT_EQ(ident.magic, kMagic);
  EXPECT_EQ(ident.interface_major, kInterfaceMajor);
  EXPECT_EQ(ident.profile, Profile::kKeyword);
  EXPECT_EQ(ident.product_id, 0x1234);
  EXPECT_EQ(ident.model_id, 0x00010203u);
  EXPECT_EQ(ident.label_count, 3);
  EXPECT_EQ(ident.event_capacity, EventFifo::kCapacity);
  EXPECT_EQ(ident.largest_transfer_bytes, 32);
  EXPECT_TRUE(ident.capabilities & kCanReportEvents);
  EXPECT_FALSE(ident.capabilities & kHasInterruptLine);
}

TEST_F(RegisterBankTest, EveryPageShowsItsNumberItsEntryAndACrc) {
  EXPECT_EQ(Get<Identity>(bank).unique_id[15], 0xAB);
  EXPECT_EQ(Get<Identity>(bank).boot_id[0], 0xCD);
  EXPECT_EQ(Get<ModelHashHalf>(bank, 0).half[15], 15);
  EXPECT_EQ(Get<ModelHashHalf>(bank, 1).half[0], 16);
  EXPECT_EQ(Get<ModelHashHalf>(bank, 2).half[0], 0) << "there is no third half";
  EXPECT_EQ(Get<FirmwareHashHalf>(bank, 1), FirmwareHashHalf{});
  EXPECT_EQ(Get<DatasheetHashHalf>(bank, 1), DatasheetHashHalf{});
  EXPECT_EQ(Get<PowerCounters>(bank).inference_count, 0u);
  EXPECT_EQ(Get<SelfTestReport>(bank).run_count, 0);
  EXPECT_EQ(Get<LabelText>(bank, 2).text[0], 'n');
  EXPECT_EQ(Get<LabelText>(bank, 3).text[0], 0);
  EXPECT_EQ(Get<CrashText>(bank, 255).text[0], 0);
}

TEST_F(RegisterBankTest, LongTextsAreCutBetweenCharactersAndCrashTextsComeInPieces) {
  const std::string label = std::string(23, 'a') + "\xC3\xA4";
  const std::string_view labels[] = {label};
  setup.labels = labels;
  setup.crash_text = "0123456789abcdefghijklmnOPQ";
  EXPECT_EQ(Get<LabelText>(bank).text[22], 'a');
  EXPECT_EQ(Get<LabelText>(bank).text[23], 0);
  EXPECT_EQ(Get<CrashText>(bank, 1).text[0], 'O');
  EXPECT_EQ(Get<CrashText>(bank, 1).text[3], 0);
}

TEST_F(RegisterBankTest, PrivacyListsEveryReadableByte) {
  // ident, status, result, events, event_data, config, control; power, privacy, selftest, identity; three hashes in two
  // halves; three labels; one piece of crash text; soft_address.
  const size_t expected = 32 + 32 + 30 + 24 + 32 + 24 + 16 + 32 + 16 + 20 + 28 + 3 * 2 * 20 + 3 * 28 + 28 + 22;
  EXPECT_EQ(Get<Privacy>(bank).readable_bytes, expected);
}

TEST_F(RegisterBankTest, AFrozenReadStaysAsItIsWhileTheModuleGoesOn) {
  bank.PublishResult({.score_permille = 111});
  const auto bytes = bank.BeginRead(kWindows[kResultWindow].address, kWindows[kResultWindow].size_bytes);
  ASSERT_TRUE(bytes.ok());
  bank.PublishResult({.score_permille = 222});
  clock.now_ms += 500;
  const auto result = DecodeWindow<LatestResult>(*bytes);
  ASSERT_TRUE(result.ok()) << "the CRC belongs to what was frozen";
  EXPECT_EQ(result->score_permille, 111);
  bank.EndRead();
  EXPECT_EQ(Get<LatestResult>(bank).score_permille, 222);
}

TEST_F(RegisterBankTest, AReadMayBePartOfAWindowButNeverLeavesIt) {
  for (const WindowInfo& window : kWindows) {
    if (window.page != kNotPaged) {
      EXPECT_EQ(Set(bank, kReg<"control.page">, static_cast<uint8_t>(window.page)), Status::kOk);
    }
    for (size_t offset = 0; offset < 40; ++offset) {
      const auto address = static_cast<uint8_t>(window.address + offset);
      const size_t available = offset < window.size_bytes ? window.size_bytes - offset : 0;
      const auto rest = bank.BeginRead(address, RegisterTarget::kToEndOfWindow);
      if (available == 0) continue;
      ASSERT_TRUE(rest.ok());
      EXPECT_EQ(rest->size(), available);
      EXPECT_EQ(bank.BeginRead(address, available)->size(), available);
      EXPECT_EQ(bank.BeginRead(address, 1)->size(), 1u);
      EXPECT_EQ(bank.BeginRead(address, available + 1).status(), Status::kInvalidArgument);
    }
  }
}

TEST_F(RegisterBankTest, AddressesOutsideAllWindowsAreRefusedAndRemembered) {
  EXPECT_EQ(bank.BeginRead(0x5F, 1).status(), Status::kOutOfRange);
  EXPECT_EQ(bank.BeginRead(0xFF, RegisterTarget::kToEndOfWindow).status(), Status::kOutOfRange);
  EXPECT_EQ(Get<ModuleStatus>(bank).protocol_errors, kBadAddress);
}

TEST_F(RegisterBankTest, ReadsHaveNoSideEffects) {
  PostEvents(3);
  bank.PublishResult({});
  const auto read_all = [&] {
    std::vector<uint8_t> all;
    for (int address = 0; address < 256; ++address) {
      std::array<uint8_t, kMaxWindowBytes> out{};
      const auto size = bank.Read(static_cast<uint8_t>(address), RegisterTarget::kToEndOfWindow, out);
      if (size.ok()) all.insert(all.end(), out.begin(), out.begin() + *size);
    }
    return all;
  };
  read_all();  // Sets the sticky bit for bad addresses.
  EXPECT_EQ(read_all(), read_all());
}

TEST_F(RegisterBankTest, AgeAndStalenessAreThoseOfTheMomentOfTheRead) {
  EXPECT_EQ(Get<LatestResult>(bank).age_ms, 65535) << "no result yet";
  EXPECT_EQ(Get<LatestResult>(bank).flags, kStale);
  bank.PublishResult({.flags = kValid, .captured_ms = clock.now_ms - 30});
  EXPECT_EQ(Get<LatestResult>(bank).age_ms, 30);
  clock.now_ms += 1969;
  EXPECT_EQ(Get<LatestResult>(bank).flags, kValid);
  clock.now_ms += 1;
  EXPECT_EQ(Get<LatestResult>(bank).age_ms, 2000);
  EXPECT_EQ(Get<LatestResult>(bank).flags, kValid | kStale);
  clock.now_ms += 100000;
  EXPECT_EQ(Get<LatestResult>(bank).age_ms, 65535);
}

TEST_F(RegisterBankTest, AnOldResultStaysOldWhenTheClockWraps) {
  clock.now_ms = 0;
  bank.PublishResult({.flags = kValid, .captured_ms = 0});
  clock.now_ms = 70000;
  bank.Tick();
  clock.now_ms = 5;  // 49.7 days later.
  bank.Tick();
  EXPECT_EQ(Get<LatestResult>(bank).age_ms, 65535);
  bank.PublishResult({.flags = kValid, .captured_ms = 0xFFFFFFFF});
  EXPECT_EQ(Get<LatestResult>(bank).age_ms, 6);
}

TEST_F(RegisterBankTest, ResultsAreNumbered) {
  bank.PublishResult({.sequence = 77});
  EXPECT_EQ(Get<LatestResult>(bank).sequence, 1);
  bank.PublishResult({});
  EXPECT_EQ(Get<LatestResult>(bank).sequence, 2);
  EXPECT_TRUE(Get<ModuleStatus>(bank).state & kResultAvailable);
}

TEST_F(RegisterBankTest, EventsAreReadInTwosAndConsumedByAcknowledgement) {
  PostEvents(3);
  EventHeader header = Get<EventHeader>(bank);
  EXPECT_EQ(header.count, 3);
  EXPECT_EQ(header.oldest, 1u);
  EXPECT_EQ(header.newest, 3u);
  EXPECT_EQ(GetEvent(bank, 0).sequence, 1u);
  EXPECT_EQ(GetEvent(bank, 1).sequence, 2u);
  EXPECT_EQ(GetEvent(bank, 0).sequence, 1u) << "reading again gives the same";
  EXPECT_EQ(Set(bank, kReg<"control.event_ack">, 2), Status::kOk);
  EXPECT_EQ(GetEvent(bank, 0).sequence, 3u);
  EXPECT_EQ(GetEvent(bank, 1).sequence, 0u);
  EXPECT_EQ(Set(bank, kReg<"control.event_ack">, 4), Status::kRejected) << "there is no event 4";
  EXPECT_EQ(Get<EventHeader>(bank).count, 1);
  EXPECT_EQ(Get<Control>(bank).event_ack, 2u);
}

TEST_F(RegisterBankTest, EventsWaitUntilAllAreAcknowledgedWhateverIsCleared) {
  PostEvents(2);
  EXPECT_TRUE(Get<ModuleStatus>(bank).interrupt_pending & kInterruptEvent);
  EXPECT_EQ(Set(bank, kReg<"control.interrupt_clear">, 0xFF), Status::kOk);
  EXPECT_EQ(Get<ModuleStatus>(bank).interrupt_pending, kInterruptEvent);
  Set(bank, kReg<"control.event_ack">, 1);
  EXPECT_EQ(Get<ModuleStatus>(bank).interrupt_pending, kInterruptEvent);
  Set(bank, kReg<"control.event_ack">, 2);
  EXPECT_EQ(Get<ModuleStatus>(bank).interrupt_pending, 0);
}

TEST_F(RegisterBankTest, LostEventsShowInHeaderInterruptAndOverflowEvent) {
  PostEvents(EventFifo::kCapacity + 4);
  EXPECT_EQ(Get<EventHeader>(bank).lost, 4u);
  EXPECT_TRUE(Get<ModuleStatus>(bank).interrupt_pending & kInterruptOverflow);
  Set(bank, kReg<"control.event_ack">, EventFifo::kCapacity + 4);
  EXPECT_EQ(GetEvent(bank).type, EventType::kOverflow);
  EXPECT_EQ(GetEvent(bank).value, 4);
}

TEST_F(RegisterBankTest, TheTimeLatchStoresTheModulesTime) {
  clock.now_ms = 4711;
  Set(bank, kReg<"control.time_latch">, 9);
  clock.now_ms = 5000;
  EXPECT_EQ(Get<EventHeader>(bank).latch_time_ms, 4711u);
  EXPECT_EQ(Get<EventHeader>(bank).latch_token, 9);
  Set(bank, kReg<"control.page">, 0);
  EXPECT_EQ(Get<EventHeader>(bank).latch_time_ms, 4711u) << "other writes leave it";
  Set(bank, kReg<"control.time_latch">, 9);
  EXPECT_EQ(Get<EventHeader>(bank).latch_time_ms, 5000u) << "the same token latches again";
}

TEST_F(RegisterBankTest, WritesThatAreWrongAreRefusedWholeAndRemembered) {
  struct Case {
    const char* what;
    uint8_t address;
    std::vector<uint8_t> bytes;
    Status status;
    uint16_t protocol_error;
  };
  const Case kCases[] = {
      {"no register there", 0x5E, {1}, Status::kOutOfRange, kBadAddress},
      {"behind control", 0xF0, {1}, Status::kOutOfRange, kBadAddress},
      {"nothing", 0xE0, {}, Status::kInvalidArgument, kBadLength},
      {"half a register", 0xA0, {1}, Status::kInvalidArgument, kBadLength},
      {"second half of a register", 0xA1, {1}, Status::kInvalidArgument, kBadLength},
      {"one and a half registers", 0xE3, {0, 1, 2}, Status::kInvalidArgument, kBadLength},
      {"beyond the window", 0xEC, {0, 0, 0, 0, 0}, Status::kInvalidArgument, kBadLength},
      {"ident", 0x00, {1, 2, 3, 4}, Status::kReadOnly, kWriteToReadOnly},
      {"a byte of a read-only register", 0x45, {1}, Status::kReadOnly, kWriteToReadOnly},
      {"event data", 0x95, {1}, Status::kReadOnly, kWriteToReadOnly},
      {"the shown page", 0xC2, {1}, Status::kReadOnly, kWriteToReadOnly},
      {"a CRC", 0xEE, {1, 2}, Status::kReadOnly, kWriteToReadOnly},
      {"register and CRC", 0xB4, {1, 0, 2, 3}, Status::kReadOnly, kWriteToReadOnly},
      {"a page that is none", 0xE0, {10}, Status::kRejected, kBadValue},
      {"page and index, page is none", 0xE0, {10, 3}, Status::kRejected, kBadValue},
      {"an interrupt that is none", 0xE2, {0x20}, Status::kRejected, kBadValue},
      {"a command that is none", 0xEA, {8, 1}, Status::kRejected, kBadValue},
      {"notify 2", 0xED, {2}, Status::kRejected, kBadValue},
      {"enable and an acknowledgement of the future", 0xE2, {1, 0, 9, 0, 0, 0}, Status::kRejected, kBadValue},
  };
  const Control control = Get<Control>(bank);
  const Config config = Get<Config>(bank);
  for (const Case& test : kCases) {
    EXPECT_EQ(bank.Write(test.address, test.bytes), test.status) << test.what;
    EXPECT_EQ(Get<ModuleStatus>(bank).protocol_errors, test.protocol_error) << test.what;
    EXPECT_EQ(Get<Control>(bank).protocol_error_clear, test.protocol_error) << test.what;
    EXPECT_EQ(Set(bank, kReg<"control.protocol_error_clear">, test.protocol_error), Status::kOk) << test.what;
    EXPECT_EQ(Get<ModuleStatus>(bank).protocol_errors, 0) << test.what;
    EXPECT_EQ(Get<Control>(bank), control) << test.what;
    EXPECT_EQ(Get<Config>(bank), config) << test.what;
  }
}

TEST_F(RegisterBankTest, ProtocolErrorsAreClearedOneByOne) {
  bank.ReportProtocolError(kStalled | kBadFrame);
  Set(bank, kReg<"control.protocol_error_clear">, kBadFrame);
  const ModuleStatus status = Get<ModuleStatus>(bank);
  EXPECT_EQ(status.protocol_errors, kStalled);
  EXPECT_EQ(status.stalled_transfers, 1);
}

TEST_F(RegisterBankTest, StagedConfigurationReadsBackAtOnceAndIsNotActive) {
  const std::array<uint8_t, 4> thresholds{0x20, 0x03, 0x58, 0x02};  // 800, 600
  EXPECT_EQ(bank.Write(0xA0, thresholds), Status::kOk);
  const Config staged = Get<Config>(bank);
  EXPECT_EQ(staged.high_threshold_permille, 800);
  EXPECT_EQ(staged.low_threshold_permille, 600);
  EXPECT_EQ(bank.active_config(), Config{});
  EXPECT_TRUE(Get<ModuleStatus>(bank).state & kConfigPending);
  EXPECT_EQ(Get<ModuleStatus>(bank).config_generation, 1);
}

TEST_F(RegisterBankTest, AWholeConfigurationIsWrittenInOneTransaction) {
  Config config;
  config.average_count = 5;
  config.period_ms = 777;
  std::array<uint8_t, 24> window{};
  EncodeWindow(config, window);
  EXPECT_EQ(bank.Write(0xA0, std::span(window).first(22)), Status::kOk);
  EXPECT_EQ(Get<Config>(bank), config);
}

TEST_F(RegisterBankTest, ACommitMakesTheStagedConfigurationTheActiveOne) {
  Set(bank, kReg<"config.average_count">, 3);
  EXPECT_EQ(bank.ActivateConfig(Get<Config>(bank), false), CommandVerdict{});
  EXPECT_EQ(bank.active_config().average_count, 3);
  EXPECT_EQ(bank.config_generation(), 2);
  EXPECT_FALSE(Get<ModuleStatus>(bank).state & kConfigPending);
  EXPECT_EQ(GetEvent(bank).type, EventType::kConfigChanged);
  EXPECT_EQ(GetEvent(bank).value, 2);
}

TEST_F(RegisterBankTest, AConfigurationOutOfRangeNeverBecomesActive) {
  Set(bank, kReg<"config.average_count">, 17);
  EXPECT_EQ(bank.ActivateConfig(Get<Config>(bank), false), (CommandVerdict{Verdict::kOutOfRange, 0xA4}));
  EXPECT_EQ(bank.active_config(), Config{});
  EXPECT_EQ(bank.config_generation(), 1);
  EXPECT_EQ(Get<EventHeader>(bank).count, 0);
}

TEST_F(RegisterBankTest, RevertAndFactoryResetShowInTheStagedConfigurationAtOnce) {
  setup.default_config.average_count = 7;
  Set(bank, kReg<"config.average_count">, 3);
  Give(bank, Command::kRevert, 1);
  EXPECT_EQ(Get<Config>(bank), bank.active_config());
  Set(bank, kReg<"config.average_count">, 9);
  ASSERT_TRUE(bank.TakeCommand().ok());
  bank.FinishCommand({});
  EXPECT_EQ(Get<Config>(bank).average_count, 9) << "what is written after the command stays";
  Give(bank, Command::kFactoryReset, 2);
  EXPECT_EQ(Get<Config>(bank).average_count, 7);
}

TEST_F(RegisterBankTest, ACommandShowsAsPendingAtOnceAndThenItsVerdict) {
  EXPECT_EQ(Get<ModuleStatus>(bank).command_verdict, Verdict::kNone);
  EXPECT_EQ(bank.TakeCommand().status(), Status::kNotReady);
  EXPECT_EQ(Give(bank, Command::kCommit, 42), Status::kOk);
  ModuleStatus status = Get<ModuleStatus>(bank);
  EXPECT_EQ(status.command, Command::kCommit);
  EXPECT_EQ(status.command_token, 42);
  EXPECT_EQ(status.command_verdict, Verdict::kPending);
  EXPECT_TRUE(status.state & StateBit::kBusy);
  ASSERT_TRUE(bank.TakeCommand().ok());
  EXPECT_EQ(bank.TakeCommand().status(), Status::kNotReady) << "taken once only";
  bank.FinishCommand({Verdict::kOutOfRange, 0xA4});
  status = Get<ModuleStatus>(bank);
  EXPECT_EQ(status.command_verdict, Verdict::kOutOfRange);
  EXPECT_EQ(status.command_field, 0xA4);
  EXPECT_FALSE(status.state & StateBit::kBusy);
  EXPECT_TRUE(status.interrupt_pending & kInterruptCommand);
}

TEST_F(RegisterBankTest, ACommandWithTheSameTokenIsCarriedOutOnce) {
  Give(bank, Command::kSelfTest, 5);
  EXPECT_EQ(Give(bank, Command::kSelfTest, 5), Status::kOk) << "the answer to the first may have been lost";
  ASSERT_TRUE(bank.TakeCommand().ok());
  bank.FinishCommand({});
  EXPECT_EQ(Give(bank, Command::kSelfTest, 5), Status::kOk);
  EXPECT_EQ(bank.TakeCommand().status(), Status::kNotReady);
  EXPECT_EQ(Get<ModuleStatus>(bank).command_verdict, Verdict::kDone);
  EXPECT_EQ(Give(bank, Command::kSelfTest, 6), Status::kOk);
  EXPECT_TRUE(bank.TakeCommand().ok());
  bank.FinishCommand({});
  EXPECT_EQ(Give(bank, Command::kRevert, 6), Status::kOk) << "another command";
  EXPECT_TRUE(bank.TakeCommand().ok());
}

TEST_F(RegisterBankTest, ACommandWithoutATokenIsCarriedOutEachTime) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Set(bank, kReg<"control.command">, static_cast<uint8_t>(Command::kSelfTest)), Status::kOk);
    EXPECT_TRUE(bank.TakeCommand().ok());
    bank.FinishCommand({});
  }
}

TEST_F(RegisterBankTest, ASecondCommandWaitsForTheVerdictOfTheFirst) {
  Give(bank, Command::kCommit, 1);
  EXPECT_EQ(Give(bank, Command::kSelfTest, 2), Status::kBusy);
  ModuleStatus status = Get<ModuleStatus>(bank);
  EXPECT_EQ(status.command, Command::kCommit);
  EXPECT_EQ(status.dropped_writes, 1);
  EXPECT_EQ(status.protocol_errors, kOverrun);
  ASSERT_TRUE(bank.TakeCommand().ok());
  EXPECT_EQ(Give(bank, Command::kSelfTest, 2), Status::kBusy) << "taken, but not finished";
  bank.FinishCommand({});
  EXPECT_EQ(Give(bank, Command::kSelfTest, 2), Status::kOk);
}

TEST_F(RegisterBankTest, ACommitMeansTheConfigurationAtTheMomentOfTheCommand) {
  Set(bank, kReg<"config.average_count">, 4);
  Give(bank, Command::kCommit, 1);
  Set(bank, kReg<"config.average_count">, 8);
  const auto pending = bank.TakeCommand();
  ASSERT_TRUE(pending.ok());
  EXPECT_EQ(pending->staged.average_count, 4);
  EXPECT_EQ(Get<Config>(bank).average_count, 8);
}

TEST_F(RegisterBankTest, ErrorsAreCountedAndAFaultInterrupts) {
  bank.ReportError(ErrorDomain::kModel, Status::kCorrupt);
  EXPECT_EQ(Get<ModuleStatus>(bank).interrupt_pending, 0);
  bank.SetState(kFault, true);
  bank.SetBootStage(BootStage::kRecovery);
  const ModuleStatus status = Get<ModuleStatus>(bank);
  EXPECT_EQ(status.error_domain, ErrorDomain::kModel);
  EXPECT_EQ(status.error_code, static_cast<uint8_t>(Status::kCorrupt));
  EXPECT_EQ(status.error_count, 1);
  EXPECT_EQ(status.interrupt_pending, kInterruptFault);
  EXPECT_EQ(status.boot_stage, BootStage::kRecovery);
  EXPECT_EQ(status.uptime_ms, clock.now_ms);
}

TEST_F(RegisterBankTest, NotificationsGiveEachNewEventOncePerLink) {
  NotifyCursor first, second;
  PostEvents(2);
  EXPECT_EQ(bank.NextNotification(first).status(), Status::kNotReady) << "off by default";
  Set(bank, kReg<"control.notify">, 1);
  EXPECT_EQ(bank.NextNotification(first).status(), Status::kNotReady) << "these are not new";
  PostEvents(2);
  EXPECT_EQ(bank.NextNotification(first)->sequence, 3u);
  EXPECT_EQ(bank.NextNotification(first)->sequence, 4u);
  EXPECT_EQ(bank.NextNotification(first).status(), Status::kNotReady);
  Set(bank, kReg<"control.event_ack">, 3);
  EXPECT_EQ(bank.NextNotification(second)->sequence, 4u) << "what was acknowledged is left out";
  Set(bank, kReg<"control.notify">, 0);
  PostEvents(1);
  Set(bank, kReg<"control.notify">, 1);
  EXPECT_EQ(bank.NextNotification(first).status(), Status::kNotReady);
  PostEvents(1);
  EXPECT_EQ(bank.NextNotification(first)->sequence, 6u);
}

class ReadLimitTest : public RegisterBankTest {
 protected:
  static BankSetup LimitedSetup() {
    BankSetup setup = TestSetup();
    setup.read_limit_bytes_per_s = 1000;
    setup.read_burst_bytes = 100;
    return setup;
  }
  ReadLimitTest() : RegisterBankTest(LimitedSetup()) {}
};

TEST_F(ReadLimitTest, ReadsBeyondTheBurstAreRefusedUntilTimeHasPassed) {
  EXPECT_TRUE(bank.BeginRead(0x00, 32).ok());
  EXPECT_TRUE(bank.BeginRead(0x00, 32).ok());
  EXPECT_TRUE(bank.BeginRead(0x00, 32).ok());
  EXPECT_EQ(bank.BeginRead(0x00, 32).status(), Status::kBusy);
  EXPECT_TRUE(bank.BeginRead(0x00, 4).ok()) << "four bytes are left";
  EXPECT_EQ(bank.BeginRead(0x00, 1).status(), Status::kBusy);
  clock.now_ms += 31;
  EXPECT_EQ(bank.BeginRead(0x00, 32).status(), Status::kBusy);
  clock.now_ms += 1;
  const ModuleStatus status = Get<ModuleStatus>(bank);
  EXPECT_EQ(status.throttled_reads, 3);
  EXPECT_EQ(status.protocol_errors, kOverrun);
}

TEST_F(ReadLimitTest, OverALongTimeTheRateHolds) {
  uint32_t bytes = 0;
  for (int i = 0; i < 10000; ++i) {
    if (bank.BeginRead(0x00, 32).ok()) bytes += 32;
    ++clock.now_ms;
  }
  EXPECT_LE(bytes, 10000u + 100u);
  EXPECT_GE(bytes, 10000u);
}

TEST_F(ReadLimitTest, APauseEarnsNoMoreThanTheBurst) {
  clock.now_ms += 0x80000000;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bank.BeginRead(0x00, 32).ok());
  EXPECT_FALSE(bank.BeginRead(0x00, 32).ok());
}

TEST_F(ReadLimitTest, RefusalsForOtherReasonsCostNothing) {
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(bank.BeginRead(0x00, 33).ok());
  EXPECT_TRUE(bank.BeginRead(0x00, 32).ok());
}

}  // namespace
}  // namespace mls
