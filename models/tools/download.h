// Fetches one file whose hash is known.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace mls::models {

// The text says what is wrong and what to do.
class ZooError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Download {
  std::string url;  // https:, http: or file:
  std::filesystem::path target;
  std::string sha256;
  uint64_t bytes = 0;  // 0: not known
  std::chrono::milliseconds time_limit{0};  // for all of it, repetitions included
  bool show_progress = false;               // a bar on standard error
};

// Puts the file into its place in one step, once all of it is there and its hash is right; until then it is TARGET.part. What is there of that
// file is not fetched again. A connection that breaks is taken up again, a few times. Throws ZooError; TARGET is then as it was.
void Fetch(const Download& download);

// file:///... of a path.
std::string FileUrl(const std::filesystem::path& path);

}  // namespace mls::models
