// What a module needs from its board or operating system, apart from what it senses with (see sources.h). Each port has
// at least two implementations: a board and a Linux process, or a process and a test.
#pragma once

#include <cstdint>
#include <span>

#include "mls/interface/status.h"

namespace mls {

// The module's clock.
class ModuleClock {
 public:
  // Milliseconds since start; wraps after 49.7 days. May be called from an interrupt.
  uint32_t NowMs() const { return DoNowMs(); }

 protected:
  ~ModuleClock() = default;

 private:
  virtual uint32_t DoNowMs() const = 0;
};

// The interrupt line, or an indicator.
class OutputPin {
 public:
  // Interrupt line: drives the line high (an open drain lets go of it) or low. Indicator: lit or dark. The interrupt
  // line is set with the BusLock held, from an interrupt too: be short.
  void Set(bool high) { DoSet(high); }

 protected:
  ~OutputPin() = default;

 private:
  virtual void DoSet(bool high) = 0;
};

// Keeps the bus side (an interrupt, or another thread) and the pipeline side apart for a few microseconds. Never locked
// twice.
class BusLock {
 public:
  void Lock() { DoLock(); }
  void Unlock() { DoUnlock(); }

 protected:
  ~BusLock() = default;

 private:
  virtual void DoLock() = 0;
  virtual void DoUnlock() = 0;
};

// Non-volatile memory for one small record. The record carries its own checksum.
class ConfigStore {
 public:
  // Reads the record that was saved last and returns its size. kNotReady: nothing is stored. Anything else: the memory
  // failed.
  Result<size_t> Load(std::span<uint8_t> record) { return DoLoad(record); }
  // Keeps the record in place of the one before. If power fails in between, Load gives the old one, the new one, or
  // garbage.
  Status Save(std::span<const uint8_t> record) { return DoSave(record); }
  Status Erase() { return DoErase(); }

 protected:
  ~ConfigStore() = default;

 private:
  virtual Result<size_t> DoLoad(std::span<uint8_t> record) = 0;
  virtual Status DoSave(std::span<const uint8_t> record) = 0;
  virtual Status DoErase() = 0;
};

}  // namespace mls
