// The rules behind Lint(), by the part of the datasheet that they look at.
#pragma once

#include "mls/datasheet/lint.h"

namespace mls::datasheet {

using Findings = std::vector<Finding>;

void LintPerformance(const Json& document, Findings& findings);
void LintStudy(const Json& document, Findings& findings);
void LintHardware(const Json& document, Findings& findings);
void LintFootprint(const Json& document, Findings& findings);
void LintLabels(const Json& document, Findings& findings);
void LintValues(const Json& document, Findings& findings);

// Calls `body(pointer, entry)` for each entry of the array at `pointer`.
template <typename Body>
void ForEach(const Json& root, const std::string& pointer, Body body) {
  const Json& array = ArrayAt(root, pointer);
  for (size_t i = 0; i < array.size(); ++i) body(pointer + "/" + std::to_string(i), array[i]);
}

inline constexpr const char* kTests = "/model/performance/tests";

}  // namespace mls::datasheet
