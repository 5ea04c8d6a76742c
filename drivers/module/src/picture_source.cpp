#include "mls/drivers/module/picture_source.h"

#include "mls/drivers/module/input_files.h"

namespace mls {

PictureFileSource::PictureFileSource(std::vector<std::filesystem::path> files, double frames_per_second, bool loop,
                                     InputClock& clock, ReportFunction report)
    : files_(std::move(files)), frames_per_second_(frames_per_second), loop_(loop), clock_(clock), report_(std::move(report)) {
  RequireOneUsable(files_, [](const std::filesystem::path& file) { ReadPicture(file); });
}

Result<ImageView> PictureFileSource::DoBorrow() {
  if (next_ == files_.size() && loop_ && round_gave_a_picture_) {
    next_ = 0;
    round_gave_a_picture_ = false;
  }
  if (next_ == files_.size()) {
    ended_ = true;
    clock_.Pause();
    return Status::kEndOfInput;
  }
  if (!clock_.Reach(NextInputTime())) return Status::kNotReady;
  ++given_;
  try {
    picture_ = ReadPicture(files_[next_++]);
  } catch (const InputError& error) {
    ++failed_count_;
    report_(error.what());
    return Status::kCorrupt;
  }
  round_gave_a_picture_ = true;
  return picture_.view();
}

void PictureFileSource::DoSetPowered(bool powered) {
  off_ = !powered;
  if (off_) {
    clock_.Pause();
  } else if (!ended_) {
    clock_.Resume();
  }
}

SourceWait PictureFileSource::DoNextInput() const {
  if (off_ || ended_) return {};
  return {clock_.DueAt(NextInputTime()), -1};
}

std::chrono::microseconds PictureFileSource::NextInputTime() const {
  return std::chrono::microseconds(static_cast<int64_t>(static_cast<double>(given_) * 1e6 / frames_per_second_));
}

}  // namespace mls
