#include "labelled_set.h"

#include <algorithm>
#include <set>

#include "mls/datasheet/document.h"
#include "mls/datasheet/signature.h"

namespace mls::datasheet {
namespace {

constexpr size_t kLargestTable = 256 * 1024 * 1024;
constexpr size_t kLargestSample = 256 * 1024 * 1024;

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  std::optional<size_t> Column(const std::string& name) const {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end()) return std::nullopt;
    return static_cast<size_t>(found - columns.begin());
  }
};

Outcome<Table> ReadTable(const std::filesystem::path& path) {
  const auto text = ReadText(path.string(), kLargestTable);
  if (!text.ok()) return text.problem();
  Table table;
  size_t number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    auto fields = SplitCsvRow(line);
    if (table.columns.empty()) {
      table.columns = std::move(fields);
    } else if (fields.size() != table.columns.size()) {
      return Problem{path.string() + ", line " + std::to_string(number),
                     std::to_string(table.columns.size()) + " fields", std::to_string(fields.size())};
    } else {
      table.rows.push_back(std::move(fields));
    }
  }
  return table;
}

// The tests that a row has to pass: column and allowed values.
Outcome<std::vector<std::pair<size_t, std::set<std::string>>>> Filters(const std::vector<std::string>& where,
                                                                       const Table& table) {
  std::vector<std::pair<size_t, std::set<std::string>>> filters;
  for (const std::string& text : where) {
    const size_t equals = text.find('=');
    const auto column = equals == std::string::npos ? std::nullopt : table.Column(text.substr(0, equals));
    if (!column) return Problem{"--where " + text, "COLUMN=VALUE with a column of the table", "no such column"};
    const auto values = SplitCsvRow(std::string_view(text).substr(equals + 1));
    filters.emplace_back(*column, std::set<std::string>(values.begin(), values.end()));
  }
  return filters;
}

Outcome<std::vector<Sample>> FromTable(const LabelledSetOptions& options) {
  const auto table = ReadTable(options.labels);
  if (!table.ok()) return table.problem();
  const auto file = table->Column("file"), label = table->Column("label");
  auto subject = table->Column("speaker");
  if (!subject) subject = table->Column("subject");
  if (!file) return Problem{options.labels.string(), "a column \"file\"", "none"};
  const auto filters = Filters(options.where, *table);
  if (!filters.ok()) return filters.problem();
  std::vector<std::pair<std::string, size_t>> conditions;
  for (const std::string& name : options.conditions) {
    const auto column = table->Column(name);
    if (!column) return Problem{options.labels.string(), "the column \"" + name + "\"", "none"};
    conditions.emplace_back(name, *column);
  }
  for (const char* name : kKnownConditions) {
    const auto column = table->Column(name);
    if (options.conditions.empty() && column) conditions.emplace_back(name, *column);
  }
  std::vector<Sample> samples;
  for (const auto& row : table->rows) {
    const bool wanted = std::all_of(filters->begin(), filters->end(),
                                    [&](const auto& filter) { return filter.second.contains(row[filter.first]); });
    if (!wanted) continue;
    Sample sample{row[*file], label ? row[*label] : "", "", subject ? row[*subject] : "", {}};
    for (const auto& [name, column] : conditions) {
      if (!row[column].empty()) sample.conditions[name] = row[column];
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<Sample> FromFolders(const std::filesystem::path& folder) {
  static const std::set<std::string> kEndings = {".wav", ".flac", ".ogg", ".png", ".jpg", ".jpeg"};
  std::vector<Sample> samples;
  std::error_code error;
  using Walk = std::filesystem::recursive_directory_iterator;
  for (Walk at(folder, std::filesystem::directory_options::follow_directory_symlink, error), end; !error && at != end;
       at.increment(error)) {
    std::string ending = at->path().extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    if (!at->is_regular_file() || !kEndings.contains(ending)) continue;
    samples.push_back({at->path().lexically_relative(folder).generic_string(), "", "", "", {}});
  }
  return samples;
}

}  // namespace

std::vector<std::string> SplitCsvRow(std::string_view row) {
  std::vector<std::string> fields;
  if (row.find('"') == std::string_view::npos) {  // nearly all rows of a large table
    for (size_t comma; (comma = row.find(',')) != std::string_view::npos; row.remove_prefix(comma + 1)) {
      fields.emplace_back(row.substr(0, comma));
    }
    fields.emplace_back(row);
    return fields;
  }
  fields.emplace_back();
  bool quoted = false;
  for (size_t i = 0; i < row.size(); ++i) {
    const char c = row[i];
    if (c == '"' && quoted && i + 1 < row.size() && row[i + 1] == '"') {
      fields.back() += row[++i];
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

Outcome<LabelledSet> ReadLabelledSet(const LabelledSetOptions& options) {
  LabelledSet set;
  set.folder = std::filesystem::absolute(options.folder);
  if (!std::filesystem::is_directory(set.folder)) return Problem{options.folder.string(), "a folder", "none"};
  if (options.labels.empty()) {
    if (!options.where.empty() || !options.conditions.empty())
      return Problem{"--where, --by", "a table (--labels)", "none"};
    set.samples = FromFolders(set.folder);
  } else {
    auto samples = FromTable(options);
    if (!samples.ok()) return samples.problem();
    set.samples = std::move(*samples);
  }
  if (set.samples.empty()) return Problem{options.folder.string(), "labelled recordings or pictures", "none"};
  std::sort(set.samples.begin(), set.samples.end(), [](const Sample& a, const Sample& b) { return a.file < b.file; });
  if (const size_t all = set.samples.size(); options.limit > 0 && options.limit < all) {
    for (size_t i = 0; i < options.limit; ++i) set.samples[i] = set.samples[i * all / options.limit];
    set.samples.resize(options.limit);
  }
  std::string all;
  for (size_t i = 0; i < set.samples.size(); ++i) {
    Sample& sample = set.samples[i];
    if (i > 0 && set.samples[i - 1].file == sample.file) return Problem{sample.file, "each file once", "it twice"};
    if (sample.label.empty()) {
      const size_t slash = sample.file.find('/');
      if (slash == std::string::npos)
        return Problem{sample.file, "a label: a folder for each label, or a column \"label\"", "none"};
      sample.label = sample.file.substr(0, slash);
    }
    const auto bytes = ReadText((set.folder / sample.file).string(), kLargestSample);
    if (!bytes.ok()) return bytes.problem();
    sample.sha256 = Sha256Hex(*bytes);
    all += sample.sha256 + "  " + sample.label + "  " + sample.file + "\n";
  }
  set.sha256 = Sha256Hex(all);
  return set;
}

}  // namespace mls::datasheet
