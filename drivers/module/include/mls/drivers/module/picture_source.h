// Where a person module that runs as a process sees: picture files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "mls/core/module/sources.h"
#include "mls/drivers/module/input_clock.h"
#include "mls/drivers/module/picture_file.h"
#include "mls/drivers/module/report.h"

namespace mls {

// Pictures at a steady rate. A file that turns out to be damaged gives one failed capture (kCorrupt) and a report, then the next one
// goes on. With `loop` the first file follows the last, unless a whole round gave nothing. While the camera is off the
// sequence pauses.
class PictureFileSource final : public FrameSource, public PacedSource {
 public:
  static constexpr double kMaxFramesPerSecond = 1000;

  // 0 < frames_per_second <= kMaxFramesPerSecond. Throws InputError if none of the files can be used.
  PictureFileSource(std::vector<std::filesystem::path> files, double frames_per_second, bool loop, InputClock& clock,
                    ReportFunction report);

 private:
  Result<ImageView> DoBorrow() override;
  void DoRelease() override { picture_ = {}; }
  void DoSetPowered(bool powered) override;
  SourceWait DoNextInput() const override;
  std::chrono::microseconds NextInputTime() const;

  const std::vector<std::filesystem::path> files_;
  const double frames_per_second_;
  const bool loop_;
  InputClock& clock_;
  const ReportFunction report_;
  Picture picture_;
  size_t next_ = 0;
  uint64_t given_ = 0;
  bool off_ = false;
  bool ended_ = false;
  bool round_gave_a_picture_ = false;
};

}  // namespace mls
