// Two sensors side by side, with what cannot be compared and why.
#pragma once

#include <string>
#include <vector>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

struct Comparison {
  struct Row {
    std::string what;
    std::string a;
    std::string b;
    std::string finding;        // "A is higher", "no difference can be shown"; empty where there is nothing to say
    std::string not_comparable; // why; empty where the two can be compared
  };
  struct Group {
    std::string title;
    std::vector<Row> rows;
  };
  std::string title_a;
  std::string title_b;
  std::vector<Group> groups;
};

// Rates are compared only where both stand on counts of the same test data and the same kind of test; power, energy and
// battery life only with the same kind of evidence and the same conditions; footprints only over the same years and
// grid. Everything is shown, comparable or not.
Comparison Compare(const Json& a, const Json& b);

std::string CompareHtml(const Json& a, const Json& b);      // one self-contained page
std::string CompareMarkdown(const Json& a, const Json& b);  // the same as text

// What changed between two revisions, one line each: "POINTER: before -> after", in document order. Empty where nothing
// did.
std::vector<std::string> DiffLines(const Json& before, const Json& after);

}  // namespace mls::datasheet
