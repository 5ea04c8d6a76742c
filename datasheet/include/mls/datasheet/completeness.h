// How much of the template of "Datasheets for Machine Learning Sensors" (arXiv 2306.08848) a datasheet fills.
#pragma once

#include <string>
#include <vector>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

struct TemplateField {
  std::string section;
  std::string pointer;
  bool filled = false;
};

struct Completeness {
  std::vector<TemplateField> fields;

  size_t filled() const;
  // 0 to 1.
  double score() const;
};

// A field counts as filled when it has content, or stands in the document's list `not_applicable` with a reason. "not
// disclosed", null, empty text and empty lists count as missing. The fields of the privacy label count for every data
// type that is collected.
Completeness ScoreOf(const Json& document);

}  // namespace mls::datasheet
