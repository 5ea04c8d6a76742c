// Checks of a datasheet against itself: what a schema cannot see.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

enum class Severity { kNote, kWarning, kError };
const char* SeverityName(Severity severity);

struct Finding {
  const char* rule;  // stable id, as in LintRules()
  Severity severity;
  std::string where;  // JSON pointer
  std::string message;
};

struct RuleInfo {
  const char* rule;
  const char* why;
};
// Every rule with the reason why it exists.
std::span<const RuleInfo> LintRules();

// All findings in the order of the rules. `document` must be valid against the schema (see Validate): what is not is
// skipped, not reported.
std::vector<Finding> Lint(const Json& document);

// True where there is an error or a warning.
bool NeedsWork(std::span<const Finding> findings);

}  // namespace mls::datasheet
