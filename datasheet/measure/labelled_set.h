// A folder of labelled recordings or pictures.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "mls/datasheet/outcome.h"

namespace mls::datasheet {

struct Sample {
  std::string file;  // relative to the folder of the set
  std::string label;
  std::string sha256;
  std::string subject;                            // who speaks or is seen; empty where it is not labelled
  std::map<std::string, std::string> conditions;  // {"noise_db": "10"}
};

struct LabelledSet {
  std::filesystem::path folder;
  std::vector<Sample> samples;  // in the order of their file names
  // SHA-256 over "<sha256>  <label>  <file>\n" of all samples: the same for the same files and labels, wherever they
  // lie.
  std::string sha256;
};

struct LabelledSetOptions {
  std::filesystem::path folder;
  // A table with the column `file`, and optionally `label`, `speaker` or `subject`, and conditions. Without it the
  // folder has one folder for each label.
  std::filesystem::path labels = {};
  std::vector<std::string> where = {};       // "COLUMN=VALUE[,VALUE]": only these rows
  size_t limit = 0;                     // only so many samples, evenly spread over the file names; 0: all
  std::vector<std::string> conditions =
      {};  // columns that are conditions; empty: those of kKnownConditions that are there
};
inline constexpr const char* kKnownConditions[] = {"noise_db", "brightness", "subject_size",
                                                   "rotation", "group",      "source"};

// Problems: no such folder or file, no samples, a file that is listed twice or has no label, a column that is not
// there.
Outcome<LabelledSet> ReadLabelledSet(const LabelledSetOptions& options);

// One row of a table with commas: fields in double quotes may hold commas, and "" for a quote.
std::vector<std::string> SplitCsvRow(std::string_view row);

}  // namespace mls::datasheet
