#include "mls/drivers/module/audio_sources.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "wipe.h"

#include "mls/drivers/module/input_files.h"

namespace mls {
namespace {

using std::chrono::microseconds;

constexpr int64_t kMicrosecondsPer2Samples = 125;  // 16 kHz

microseconds SampleTime(uint64_t samples) { return microseconds(static_cast<int64_t>(samples) * kMicrosecondsPer2Samples / 2); }

}  // namespace

AudioFileSource::AudioFileSource(std::vector<std::filesystem::path> files, bool loop, InputClock& clock, ReportFunction report)
    : files_(std::move(files)), loop_(loop), clock_(clock), report_(std::move(report)) {
  RequireOneUsable(files_, [](const std::filesystem::path& file) { SoundFile{file}; });
}

Result<size_t> AudioFileSource::Fill(size_t wanted) {
  try {
    while (true) {
      if (file_ == nullptr) {
        if (next_ == files_.size()) {
          if (!loop_ || !round_gave_samples_) return size_t{0};
          round_gave_samples_ = false;
          next_ = 0;
        }
        file_ = std::make_unique<SoundFile>(files_[next_++]);
      }
      if (const size_t count = file_->Read(std::span(buffer_).first(wanted)); count > 0) {
        round_gave_samples_ = true;
        return count;
      }
      file_.reset();
    }
  } catch (const InputError& error) {
    file_.reset();
    ++failed_count_;
    report_(error.what());
    return Status::kCorrupt;
  }
}

Result<std::span<const int16_t>> AudioFileSource::DoBorrow(size_t max_samples) {
  if (max_samples == 0) return Status::kInvalidArgument;
  if (waiting_.empty()) {
    const Result<size_t> filled = Fill(std::min(max_samples, kMaxBorrowedSamples));
    if (!filled.ok()) return filled.status();
    if (*filled == 0) {
      ended_ = true;
      clock_.Pause();
      return Status::kEndOfInput;
    }
    waiting_ = std::span<const int16_t>(buffer_).first(*filled);
  }
  const std::span<const int16_t> samples = waiting_.first(std::min(max_samples, waiting_.size()));
  if (!clock_.Reach(SampleTime(given_ + samples.size()))) return Status::kNotReady;
  given_ += samples.size();
  waiting_ = waiting_.subspan(samples.size());
  return samples;
}

void AudioFileSource::DoRelease() {
  if (waiting_.empty()) Wipe(buffer_);
}

void AudioFileSource::DoSetPowered(bool powered) {
  off_ = !powered;
  if (off_) {
    clock_.Pause();
  } else if (!ended_) {
    clock_.Resume();
  }
}

SourceWait AudioFileSource::DoNextInput() const {
  if (off_ || ended_) return {};
  return {clock_.DueAt(SampleTime(given_ + waiting_.size())), -1};
}

PcmStreamSource::PcmStreamSource(int fd, InputClock& clock, ReportFunction report)
    : fd_(fd), clock_(clock), report_(std::move(report)) {}

bool PcmStreamSource::CanRead() const {
  pollfd polled{fd_, POLLIN, 0};
  return poll(&polled, 1, 0) > 0;
}

// Somebody who records in real time has a clock of his own: the source takes up to 1 % more than the nominal rate, so that a slow
// clock on this side never builds up a backlog.
microseconds PcmStreamSource::NextInputTime() const {
  return clock_.speed() == Speed::kMax ? SampleTime(given_ + kMaxBorrowedSamples)
                                       : SampleTime((given_ + kMaxBorrowedSamples) * 100 / 101);
}

Result<std::span<const int16_t>> PcmStreamSource::DoBorrow(size_t max_samples) {
  const size_t wanted = std::min(max_samples, kMaxBorrowedSamples);
  if (wanted == 0) return Status::kInvalidArgument;
  starved_ = false;
  while (!ended_ && byte_count_ < 2 * wanted) {
    if (!CanRead()) {
      starved_ = true;
      return Status::kNotReady;
    }
    const ssize_t got = read(fd_, bytes_.data() + byte_count_, 2 * wanted - byte_count_);
    if (got > 0) {
      byte_count_ += static_cast<size_t>(got);
    } else if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
      continue;
    } else {
      ended_ = true;
      if (got < 0) {
        report_(std::string("standard input: ") + std::strerror(errno));
        clock_.Pause();
        return Status::kBusError;
      }
      if (given_ == 0 && byte_count_ < 2) {
        report_("standard input: no samples; pipe raw 16 kHz mono 16-bit little-endian sound into it");
        clock_.Pause();
        return Status::kCorrupt;
      }
    }
  }
  const size_t count = std::min(byte_count_ / 2, wanted);
  if (count == 0) {
    clock_.Pause();
    return Status::kEndOfInput;
  }
  const microseconds due = clock_.speed() == Speed::kMax ? SampleTime(given_ + count) : NextInputTime();
  if (!clock_.Reach(due)) return Status::kNotReady;
  for (size_t i = 0; i < count; ++i) samples_[i] = static_cast<int16_t>(bytes_[2 * i] | bytes_[2 * i + 1] << 8);
  given_ += count;
  std::copy(bytes_.begin() + static_cast<ptrdiff_t>(2 * count), bytes_.begin() + static_cast<ptrdiff_t>(byte_count_), bytes_.begin());
  byte_count_ -= 2 * count;
  return std::span<const int16_t>(samples_).first(count);
}

void PcmStreamSource::DoRelease() {
  Wipe(samples_);
  std::fill(bytes_.begin() + static_cast<ptrdiff_t>(byte_count_), bytes_.end(), uint8_t{0});
}

void PcmStreamSource::DoSetPowered(bool powered) {
  if (!powered) {
    off_ = true;
    clock_.Pause();
    return;
  }
  if (!std::exchange(off_, false) || ended_) return;
  // A pipe holds 64 KiB; a writer that is faster than this loop is not in real time, and the rest counts as new.
  size_t thrown_away = 0;
  ssize_t got = 0;
  while (thrown_away < (1u << 20) && CanRead() && (got = read(fd_, bytes_.data(), bytes_.size())) > 0) thrown_away += static_cast<size_t>(got);
  byte_count_ = (byte_count_ + thrown_away) % 2;  // half a sample stays half a sample
  Wipe(bytes_);
  clock_.Resume();
}

SourceWait PcmStreamSource::DoNextInput() const {
  if (off_ || (ended_ && byte_count_ < 2)) return {};
  if (starved_) return {InputClock::Time::max(), fd_};
  return {clock_.DueAt(NextInputTime()), -1};
}

}  // namespace mls
