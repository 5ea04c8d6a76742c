// Where a keyword module that runs as a process hears: sound files, or raw samples on a file descriptor.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "mls/core/module/sources.h"
#include "mls/drivers/module/input_clock.h"
#include "mls/drivers/module/report.h"
#include "mls/drivers/module/sound_file.h"

namespace mls {

inline constexpr size_t kMaxBorrowedSamples = 320;  // 20 ms: what a microphone's driver gives at a time

// Sound files one after the other, without a gap. A file that turns out to be damaged gives one failed capture (kCorrupt) and a
// report, then the next one goes on. With `loop` the first file follows the last, unless a whole round gave nothing. While the
// microphone is off the recording pauses.
class AudioFileSource final : public AudioSource, public PacedSource {
 public:
  // Throws InputError if none of the files can be used.
  AudioFileSource(std::vector<std::filesystem::path> files, bool loop, InputClock& clock, ReportFunction report);
  ~AudioFileSource() { DoRelease(); }

 private:
  Result<std::span<const int16_t>> DoBorrow(size_t max_samples) override;
  void DoRelease() override;
  void DoSetPowered(bool powered) override;
  SourceWait DoNextInput() const override;
  // Fills buffer_ from file_, which is opened if need be. 0: the input has ended.
  Result<size_t> Fill(size_t wanted);

  const std::vector<std::filesystem::path> files_;
  const bool loop_;
  InputClock& clock_;
  const ReportFunction report_;
  size_t next_ = 0;
  std::unique_ptr<SoundFile> file_;
  std::vector<int16_t> buffer_ = std::vector<int16_t>(kMaxBorrowedSamples);
  std::span<const int16_t> waiting_;  // what in buffer_ waits for its time
  uint64_t given_ = 0;
  bool off_ = false;
  bool ended_ = false;
  bool round_gave_samples_ = false;
};

// Raw 16 kHz mono 16-bit little-endian samples that somebody writes to a file descriptor, such as standard input.
// What is written while the microphone is off is thrown away.
class PcmStreamSource final : public AudioSource, public PacedSource {
 public:
  // Borrows `fd`.
  PcmStreamSource(int fd, InputClock& clock, ReportFunction report);
  ~PcmStreamSource() { DoRelease(); }

 private:
  Result<std::span<const int16_t>> DoBorrow(size_t max_samples) override;
  void DoRelease() override;
  void DoSetPowered(bool powered) override;
  SourceWait DoNextInput() const override;
  std::chrono::microseconds NextInputTime() const;
  bool CanRead() const;

  const int fd_;
  InputClock& clock_;
  const ReportFunction report_;
  std::vector<uint8_t> bytes_ = std::vector<uint8_t>(2 * kMaxBorrowedSamples);
  std::vector<int16_t> samples_ = std::vector<int16_t>(kMaxBorrowedSamples);
  size_t byte_count_ = 0;  // bytes that wait; a sample may be half there
  uint64_t given_ = 0;
  bool ended_ = false;
  bool off_ = false;
  bool starved_ = false;  // the last Borrow found too few bytes
};

}  // namespace mls
