#include "duration.h"

#include <gtest/gtest.h>

namespace mls::cli {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsANumberAndAUnit) {
  const std::pair<const char*, std::chrono::milliseconds> cases[] = {{"500ms", 500ms}, {"2s", 2s},     {"1.5s", 1500ms},
                                                                     {"1m", 60s},      {"2min", 120s}, {"1h", 3600s},
                                                                     {"0", 0ms},       {"0s", 0ms},    {".5s", 500ms}};
  for (const auto& [text, duration] : cases) EXPECT_EQ(ParseDuration(text), duration) << text;
}

TEST(Duration, IsNothingElse) {
  for (const char* text :
       {"", "2", "s", "-1s", "2 s", "2sec", "2s ", "1e3s", "0x2s", "inf", "nan", "infs", "9999999h", "1s500ms"}) {
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace mls::cli
