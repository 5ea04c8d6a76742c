// Documents that the tests share.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

inline std::string TestFile(const std::string& name) {
  return std::string(MLS_SOURCE_DIR) + "/tests/datasheet/data/" + name;
}

inline Json LoadTestFile(const std::string& name) {
  auto document = Load(TestFile(name), {}, true);
  EXPECT_TRUE(document.ok()) << (document.ok() ? "" : document.problem().text());
  return document.ok() ? *document : Json();
}

}  // namespace mls::datasheet
