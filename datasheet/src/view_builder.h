// How view.cpp and view_model.cpp put a document into a view, section by section.
#pragma once

#include "view.h"

namespace mls::datasheet {

class ViewBuilder {
 public:
  explicit ViewBuilder(const Json& document) : document_(document) {}

  View Build();

 private:
  static std::string Words(const std::string& key) { return Capital(Plain(key)); }
  static std::string Joined(const Json& list);
  // A field of an entry as text; words of a closed list lose their underscores.
  static std::string FieldText(std::string_view key, const Json* field);

  std::string At(const std::string& pointer, const std::string& fallback = "") const;
  void Section(const std::string& text) { view_.blocks.push_back({Block::kSection, text, {}, {}, {}}); }
  void Heading(const std::string& text) { view_.blocks.push_back({Block::kHeading, text, {}, {}, {}}); }
  void Paragraph(const std::string& text);
  void Cards(std::vector<Card> cards);
  // Columns without any content are left out.
  void Add(Table table);
  void Add(Chart chart) { view_.blocks.push_back({Block::kChart, "", {}, {}, std::move(chart)}); }
  // Entries of an array as rows: one column per key.
  void ArrayTable(const std::string& caption, const std::string& pointer,
                  const std::vector<std::pair<const char*, const char*>>& columns, bool folded = false);
  static Table ValueTable(const std::string& caption);
  static void AddValue(Table& table, const std::string& name, const Json* value);
  void AddAll(Table& table, const std::string& pointer);

  // view.cpp
  void Marks();
  void Fact(const std::string& label, const std::string& value, const std::string& detail);
  void KeyFacts();
  std::vector<std::string> Claims(const std::string& pointer);
  std::string TitleOfTest(const std::string& id);
  void Overview();
  void Hardware();
  // The board from above and from the side, drawn from its dimensions, pins and first transducer.
  void Outline();
  void Footprint();
  std::vector<std::string> TextList(const char* pointer);
  void Limits();
  void Provenance();

  // view_model.cpp
  void Model();
  void SoftwareFlow();
  void ForEachSpec();
  void DatasetLabel();
  void PrivacyLabel();
  static Bar RateBar(const std::string& label, const Json& metric);
  void Performance();
  void Rates(const Json& test);
  void Slices(const Json& test);
  void Plot(const Json& plot);
  void Energy();

  const Json& document_;
  View view_;
};

}  // namespace mls::datasheet
