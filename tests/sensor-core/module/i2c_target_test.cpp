#include "mls/core/module/i2c_target.h"

#include <gtest/gtest.h>

#include <charconv>
#include <sstream>
#include <string>
#include <vector>

#include "fakes.h"

namespace mls {
namespace {

std::string Hex(uint8_t byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

// Writes down what it is asked. Reads give the register's own address in each byte, to the end of 16. Nothing lies at f0.
class RecordingTarget final : public RegisterTarget {
 public:
  ~RecordingTarget() { EXPECT_EQ(frozen, 0); }

  std::string TakeLog() { return std::exchange(log, {}); }

  std::string log;
  int frozen = 0;
  uint8_t i2c_address = 0x6C;

 private:
  void Note(const std::string& text) { log += (log.empty() ? "" : ", ") + text; }

  Result<std::span<const uint8_t>> DoBeginRead(uint8_t address, size_t size_bytes) override {
    EXPECT_EQ(size_bytes, kToEndOfWindow);
    EXPECT_EQ(frozen, 0) << "a read begins before the last has ended";
    if (address >= 0xF0) {
      Note("refused " + Hex(address));
      return Status::kOutOfRange;
    }
    Note("read " + Hex(address));
    ++frozen;
    for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<uint8_t>((address & 0xF0) + i);
    return std::span<const uint8_t>(bytes_).subspan(address % 16);
  }
  void DoEndRead() override {
    --frozen;
    EXPECT_EQ(frozen, 0);
  }
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes) override {
    EXPECT_EQ(frozen, 0) << "a write in the middle of a read";
    std::string text = "write " + Hex(address);
    for (const uint8_t byte : bytes) text += " " + Hex(byte);
    Note(text);
    return address >= 0xF0 ? Status::kReadOnly : Status::kOk;
  }
  void DoReportProtocolError(uint16_t errors) override {
    Note(errors == kBadLength ? "bad length" : errors == kStalled ? "stalled" : "error " + std::to_string(errors));
  }
  uint8_t DoI2cAddress() const override { return i2c_address; }

  std::array<uint8_t, 16> bytes_{};
};

class I2cTargetTest : public ::testing::Test {
 protected:
  // What happens on the bus, one word each:
  //   W6C, R6C   START with that address, to write or read       40     a byte to the module
  //   =40        a byte from the module, which must be 40         P      STOP
  //   E          a bus error                                      T      50 ms pass
  // A '!' behind W, R or a byte: the module must not acknowledge. Without one it must.
  void Play(const std::string& trace) {
    SCOPED_TRACE(trace);
    std::istringstream words(trace);
    for (std::string word; words >> word;) PlayWord(word);
  }
  void PlayWord(std::string word) {
    SCOPED_TRACE(word);
    bool wants_acknowledge = true;
    if (word.back() == '!') {
      wants_acknowledge = false;
      word.pop_back();
    }
    const auto number = [&word](size_t skip) {
      uint8_t value = 0;
      std::from_chars(word.data() + skip, word.data() + word.size(), value, 16);
      return value;
    };
    switch (word[0]) {
      case 'W': EXPECT_EQ(target.OnAddressWrite(number(1)), wants_acknowledge); break;
      case 'R': EXPECT_EQ(target.OnAddressRead(number(1)), wants_acknowledge); break;
      case '=': EXPECT_EQ(target.OnByteToSend(), number(1)); break;
      case 'P': target.OnStop(); break;
      case 'E': target.OnBusError(); break;
      case 'T': Pass(50); break;
      default: EXPECT_EQ(target.OnByteReceived(number(0)), wants_acknowledge);
    }
  }
  void Pass(uint32_t ms) {
    for (uint32_t i = 0; i < ms; ++i) target.Tick(++now_ms);
  }

  RecordingTarget registers;
  I2cTarget target{registers};
  uint32_t now_ms = 0xFFFFFFF0;  // about to wrap
};

TEST_F(I2cTargetTest, DoesWhatEachTransferAsksFor) {
  struct Case {
    const char* what;
    const char* trace;
    const char* log;
  };
  const Case cases[] = {
      {"combined read", "W6C 40 R6C =40 =41 =42 P", "read 40"},
      {"read with STOP and START", "W6C 45 P R6C =45 =46 P", "read 45"},
      {"the same read again", "W6C 45 P R6C =45 P R6C =45 P", "read 45, read 45"},
      {"read without a register address", "R6C =00 =01 P", "read 00"},
      {"a byte fetched beyond the window's end and never sent", "W6C 4e R6C =4e =4f =ff P", "read 4e"},
      {"read beyond the window's end", "W6C 4e R6C =4e =4f =ff =ff P", "read 4e, bad length"},
      {"read where nothing is", "W6C f0 R6C =ff =ff P", "refused f0"},
      {"read of no bytes", "W6C 40 R6C P", "read 40"},
      {"write", "W6C a0 01 02 P", "write a0 01 02"},
      {"write, then a read of the same", "W6C a0 01 02 R6C =a0 P", "write a0 01 02, read a0"},
      {"two writes with a repeated START", "W6C a0 01 W6C b0 02 P", "write a0 01, write b0 02"},
      {"two reads with repeated STARTs", "W6C 10 R6C =10 W6C 20 R6C =20 P", "read 10, read 20"},
      {"refused write", "W6C f0 01 P", "write f0 01"},
      {"probe by a write of no bytes", "W6C P", ""},
      {"somebody else", "W6D! 40! P R6D! =ff P", ""},
      {"general call", "W00! 06! P R00! =ff P", ""},
      {"general call in the middle of a write", "W6C a0 01 W00! 06! P", "write a0 01"},
      {"somebody else after us, in one transfer", "W6C a0 01 W6D! 02! P", "write a0 01"},
      {"bytes without an address", "40! =ff P", ""},
      {"a byte in a read", "W6C 40 R6C 40! P", "read 40"},
      {"STOP after STOP", "P P W6C a0 01 P P", "write a0 01"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    Play("W6C 00 P");  // the register address from before
    registers.TakeLog();
    Play(c.trace);
    EXPECT_EQ(registers.TakeLog(), c.log);
    EXPECT_EQ(registers.frozen, 0);
  }
}

TEST_F(I2cTargetTest, AWriteLongerThanAWindowIsNotAcknowledgedAndNotDone) {
  Play("W6C a0");
  for (size_t i = 0; i < kMaxWindowBytes; ++i) Play("11");
  Play("P");
  EXPECT_TRUE(registers.TakeLog().starts_with("write a0 11 11"));
  Play("W6C b0");
  for (size_t i = 0; i < kMaxWindowBytes; ++i) Play("11");
  Play("22! 22! P");
  EXPECT_EQ(registers.TakeLog(), "bad length");
  Play("R6C =a0 P");
  EXPECT_EQ(registers.TakeLog(), "read a0") << "the register address is that of the last sound write";
}

TEST_F(I2cTargetTest, AStalledTransferIsDroppedAndCounted) {
  for (const char* trace : {"W6C T", "W6C a0 T", "W6C a0 01 T", "W6C a0 01 T 02! 03! P", "W6C a0 01 T P"}) {
    Play(trace);
    EXPECT_EQ(registers.TakeLog(), "stalled") << trace;
  }
  Play("W6C 40 R6C =40 T =ff =ff P");
  EXPECT_EQ(registers.TakeLog(), "read 40, stalled");
  Play("W6C 40 R6C =40 P");
  EXPECT_EQ(registers.TakeLog(), "read 40");
}

TEST_F(I2cTargetTest, ATransferStallsAfter35MillisecondsWithoutAnything) {
  Play("W6C a0");
  Pass(30);
  Play("01");
  Pass(30);
  Play("02");
  for (int i = 0; i < 36; ++i) EXPECT_FALSE(target.Tick(++now_ms));
  EXPECT_TRUE(target.Tick(++now_ms)) << "the driver has to reset its peripheral";
  EXPECT_FALSE(target.Tick(++now_ms)) << "once";
  EXPECT_EQ(registers.TakeLog(), "stalled");
}

TEST_F(I2cTargetTest, AnIdleBusDoesNotStall) {
  Pass(1000);
  Play("W6C a0 01 P T W6D! T R6C =a0 P T");
  EXPECT_EQ(registers.TakeLog(), "write a0 01, read a0");
}

TEST_F(I2cTargetTest, ABusErrorForgetsTheTransfer) {
  Play("W6C a0 01 E P");
  EXPECT_EQ(registers.TakeLog(), "bad length");
  Play("W6C a0 E W6C 40 R6C =40 E =ff P E");
  EXPECT_EQ(registers.TakeLog(), "read 40");
}

// Whatever breaks off, wherever: a write is done as it arrived or not at all, nothing stays frozen, and the next transfer works.
TEST_F(I2cTargetTest, EveryAbortAtEveryPointLeavesNothingBehind) {
  const std::vector<std::string> session = {"W6C", "a0", "01", "02", "W6C", "40", "R6C", "=40", "=41", "=42", "P", "R6C", "=40", "P"};
  const std::string aborts[] = {"P", "E", "T", "E T", "P T", "W6D!", "R6D!", "W00!", ""};
  for (size_t length = 0; length <= session.size(); ++length) {
    for (const std::string& abort : aborts) {
      SCOPED_TRACE(abort + " after " + std::to_string(length));
      Play("W6C 40 P");
      registers.TakeLog();
      for (size_t i = 0; i < length; ++i) PlayWord(session[i]);
      Play(abort);
      const std::string log = registers.TakeLog();
      if (length < 3 || (length < 5 && abort.find_first_of("ET") != std::string::npos && abort[0] != 'P')) {
        EXPECT_EQ(log.find("write"), std::string::npos) << log;
      }
      if (length >= 5) {
        EXPECT_TRUE(log.starts_with("write a0 01 02")) << log;
      }
      Play("W6C b0 05 R6C =b0 P");
      const std::string next = registers.TakeLog();
      EXPECT_TRUE(next.ends_with("write b0 05, read b0")) << next;
      EXPECT_EQ(registers.frozen, 0);
    }
  }
}

TEST_F(I2cTargetTest, FollowsItsAddress) {
  registers.i2c_address = 0x20;
  Play("W6C! P W20 40 R20 =40 P");
  EXPECT_EQ(registers.TakeLog(), "read 40");
}

// --- With real registers ---

using UniqueId = decltype(Identity::unique_id);

class I2cBankTest : public ::testing::Test {
 protected:
  I2cBankTest() {
    for (size_t i = 0; i < 16; ++i) setup.identity.unique_id[i] = static_cast<uint8_t>(i + 1);
  }

  void Write(uint8_t address, std::span<const uint8_t> bytes) {
    EXPECT_TRUE(target.OnAddressWrite(address));
    for (const uint8_t byte : bytes) EXPECT_TRUE(target.OnByteReceived(byte));
    target.OnStop();
  }
  // The key and an address, to the registers of page 9.
  void Move(UniqueId key, uint8_t to) {
    Write(bank.i2c_address(), std::array<uint8_t, 3>{kReg<"control.page">.kAddress, 9, 0});
    std::vector<uint8_t> bytes{kReg<"soft_address.unique_id">.kAddress};
    bytes.insert(bytes.end(), key.begin(), key.end());
    bytes.push_back(to);
    Write(bank.i2c_address(), bytes);
  }

  BankSetup setup{.read_limit_bytes_per_s = 0};
  FakeClock clock;
  CheckedLock lock;
  RegisterBank bank{setup, clock, lock, nullptr};
  I2cTarget target{bank};
};

TEST_F(I2cBankTest, AWholeWindowComesWithItsCrc) {
  ASSERT_TRUE(target.OnAddressWrite(0x6C));
  ASSERT_TRUE(target.OnByteReceived(0x00));
  ASSERT_TRUE(target.OnAddressRead(0x6C));
  std::array<uint8_t, 33> bytes;
  for (uint8_t& byte : bytes) byte = target.OnByteToSend();
  target.OnStop();
  const auto ident = DecodeWindow<Ident>(bytes);
  ASSERT_TRUE(ident.ok());
  EXPECT_EQ(ident->magic, kMagic);
  EXPECT_EQ(bytes[32], 0xFF);
}

TEST_F(I2cBankTest, RefusalsLeaveStickyBits) {
  const auto take_errors = [&] {
    const uint16_t errors = Get<ModuleStatus>(bank).protocol_errors;
    EXPECT_EQ(Set(bank, kReg<"control.protocol_error_clear">, errors), Status::kOk);
    return errors;
  };
  Write(0x6C, std::array<uint8_t, 2>{0x00, 1});
  EXPECT_EQ(take_errors(), kWriteToReadOnly);
  Write(0x6C, std::array<uint8_t, 2>{0xA0, 1});
  EXPECT_EQ(take_errors(), kBadLength) << "half a register";
  Write(0x6C, std::array<uint8_t, 2>{0xF8, 1});
  EXPECT_EQ(take_errors(), kBadAddress);
  EXPECT_TRUE(target.OnAddressWrite(0x6C));
  for (uint32_t i = 0; i < 50; ++i) target.Tick(i);
  EXPECT_EQ(Get<ModuleStatus>(bank).stalled_transfers, 1);
  EXPECT_EQ(take_errors(), kStalled);
}

TEST_F(I2cBankTest, MovesToASoftAddressOnlyWithItsOwnUniqueId) {
  UniqueId key = setup.identity.unique_id;
  key[15] ^= 1;
  Move(key, 0x30);
  EXPECT_EQ(bank.i2c_address(), 0x6C);
  EXPECT_EQ(Get<ModuleStatus>(bank).protocol_errors, kBadValue);

  Move(setup.identity.unique_id, 0x30);
  EXPECT_EQ(bank.i2c_address(), 0x30);
  EXPECT_FALSE(target.OnAddressWrite(0x6C));
  EXPECT_TRUE(target.OnAddressWrite(0x30));
  target.OnStop();
  const SoftAddress shown = Get<SoftAddress>(bank);
  EXPECT_EQ(shown.address, 0x30);
  EXPECT_EQ(shown.unique_id, UniqueId{}) << "the key is not to be had here";

  Move(setup.identity.unique_id, 0);
  EXPECT_EQ(bank.i2c_address(), 0x6C);
}

TEST_F(I2cBankTest, RefusesAddressesThatI2cReservesAndHalfAKey) {
  for (const uint8_t address : {0x01, 0x07, 0x78, 0x7F, 0x80, 0xFF}) {
    Move(setup.identity.unique_id, address);
    EXPECT_EQ(bank.i2c_address(), 0x6C) << int{address};
  }
  EXPECT_EQ(Set(bank, kReg<"soft_address.address">, 0x30), Status::kInvalidArgument);
  EXPECT_EQ(Set(bank, kReg<"soft_address.unique_id">, setup.identity.unique_id), Status::kInvalidArgument);
  EXPECT_EQ(bank.i2c_address(), 0x6C);
}

TEST_F(I2cBankTest, ARestartPutsTheAddressBack) {
  Move(setup.identity.unique_id, 0x30);
  RegisterBank after_restart(setup, clock, lock, nullptr);
  EXPECT_EQ(after_restart.i2c_address(), 0x6C);
}

}  // namespace
}  // namespace mls
