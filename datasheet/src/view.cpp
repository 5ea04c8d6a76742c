#include "view_builder.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "mls/datasheet/completeness.h"
#include "mls/datasheet/footprint.h"
#include "mls/datasheet/schema.h"
#include "mls/datasheet/signature.h"

namespace mls::datasheet {

std::string ViewBuilder::Joined(const Json& list) {
  std::string text;
  for (const Json& entry : list)
    text += (text.empty() ? "" : ", ") + (entry.is_string() ? entry.get<std::string>() : entry.dump());
  return text;
}

std::string ViewBuilder::FieldText(std::string_view key, const Json* field) {
  static constexpr std::string_view kClosed[] = {"status", "verdict", "section", "risk", "category", "access"};
  if (field == nullptr || field->is_null()) return "";
  if (field->is_string()) {
    return std::find(std::begin(kClosed), std::end(kClosed), key) != std::end(kClosed)
               ? Plain(field->get<std::string>())
               : field->get<std::string>();
  }
  return field->is_object() ? ValueText(*field) : field->is_array() ? Joined(*field) : field->dump();
}

View ViewBuilder::Build() {
  view_.title = At("/overview/title");
  view_.subtitle = At("/overview/vendor");
  for (const char* part : {"sku", "revision", "date"}) {
    if (const std::string text = At(std::string("/overview/") + part); !text.empty())
      view_.subtitle += " · " + (std::string_view(part) == "revision" ? "revision " + text : text);
  }
  view_.description = At("/overview/description");
  Marks();
  KeyFacts();
  Overview();
  Model();
  Performance();
  Energy();
  Hardware();
  Footprint();
  Limits();
  Provenance();
  return std::move(view_);
}

std::string ViewBuilder::At(const std::string& pointer, const std::string& fallback) const {
  return TextAt(document_, pointer, fallback);
}

void ViewBuilder::Paragraph(const std::string& text) {
  if (!text.empty()) view_.blocks.push_back({Block::kParagraph, text, {}, {}, {}});
}

void ViewBuilder::Cards(std::vector<Card> cards) {
  cards.erase(std::remove_if(cards.begin(), cards.end(), [](const Card& card) { return card.items.empty(); }),
              cards.end());
  if (!cards.empty()) view_.blocks.push_back({Block::kCards, "", std::move(cards), {}, {}});
}

void ViewBuilder::Add(Table table) {
  for (size_t column = table.columns.size(); column-- > 1;) {
    if (std::any_of(table.rows.begin(), table.rows.end(),
                    [&](const auto& row) { return column < row.size() && !row[column].text.empty(); }))
      continue;
    const auto at = static_cast<std::ptrdiff_t>(column);
    table.columns.erase(table.columns.begin() + at);
    if (column < table.numeric.size()) table.numeric.erase(table.numeric.begin() + at);
    for (auto& row : table.rows) {
      if (column < row.size()) row.erase(row.begin() + at);
    }
  }
  if (!table.rows.empty()) view_.blocks.push_back({Block::kTable, "", {}, std::move(table), {}});
}

void ViewBuilder::ArrayTable(const std::string& caption, const std::string& pointer,
                             const std::vector<std::pair<const char*, const char*>>& columns, bool folded) {
  Table table{caption, {}, {}, {}, folded};
  for (const auto& [key, title] : columns) table.columns.push_back(title);
  for (const Json& entry : ArrayAt(document_, pointer)) {
    std::vector<Cell> row;
    for (const auto& [key, title] : columns) {
      row.push_back({FieldText(key, Find(entry, std::string("/") + key))});
    }
    table.rows.push_back(std::move(row));
  }
  Add(std::move(table));
}

Table ViewBuilder::ValueTable(const std::string& caption) {
  return {caption,
          {"Parameter", "Min", "Typ", "Max", "Unit", "Evidence"},
          {false, true, true, true, false, false},
          {},
          false};
}

void ViewBuilder::AddValue(Table& table, const std::string& name, const Json* value) {
  if (value == nullptr || !value->is_object()) return;
  const std::string kind = TextAt(*value, "/evidence/kind");
  const auto number = [&](const char* key) {
    const auto n = NumberAt(*value, key);
    return n ? Pretty(ToSignificance(*n, *value)) : std::string();
  };
  std::string typical = number("/typ");
  if (typical.empty()) typical = number("/value");
  if (typical.empty() && number("/min").empty() && number("/max").empty()) typical = ValueText(*value);
  if (const auto uncertainty = NumberAt(*value, "/uncertainty")) typical += " ± " + Pretty(ToSignificance(*uncertainty, *value));
  table.rows.push_back(
      {{name}, {number("/min")}, {typical}, {number("/max")}, {UnitText(TextAt(*value, "/unit"))}, {kind, true}});
}

void ViewBuilder::AddAll(Table& table, const std::string& pointer) {
  const Json* values = Find(document_, pointer);
  if (values == nullptr || !values->is_object()) return;
  for (const auto& [key, value] : values->items()) AddValue(table, Words(key), &value);
}

void ViewBuilder::Marks() {
  std::map<std::string, int> kinds;
  VisitValues(document_, [&](const std::string&, const Json& value) { ++kinds[TextAt(value, "/evidence/kind")]; });
  const Completeness completeness = ScoreOf(document_);
  view_.marks.push_back("Datasheet schema " + At("/schema_version"));
  view_.marks.push_back(NumberText(std::floor(completeness.score() * 1000) / 10, 3) + " % of the template filled");
  std::string values;
  for (const auto& [kind, count] : kinds)
    values += (values.empty() ? "" : ", ") + std::to_string(count) + " " +
              (kind == "third_party" ? "from third parties" : Plain(kind));
  view_.marks.push_back("Values: " + values);
  if (const auto hash = DatasheetSha256(document_); hash.ok())
    view_.marks.push_back("SHA-256 " + hash->substr(0, 16) + "…");
}

void ViewBuilder::Fact(const std::string& label, const std::string& value, const std::string& detail) {
  view_.key_facts.push_back({label, value, detail});
}

void ViewBuilder::KeyFacts() {
  const Json& tests = ArrayAt(document_, "/model/performance/tests");
  if (!tests.empty()) {
    const Json* recall = Find(tests[0], "/metrics/recall");
    const Json* wrong = Find(tests[0], "/metrics/false_positive_rate");
    if (recall != nullptr)
      Fact("Recall", RateText(*recall, false),
           RateText(*recall, true) + ", n = " + std::to_string(recall->value("n", 0)));
    if (wrong != nullptr)
      Fact("False positives", RateText(*wrong, false),
           RateText(*wrong, true) + ", n = " + std::to_string(wrong->value("n", 0)));
  }
  for (const Json& test : tests) {
    const Json* rate = Find(test, "/continuous/rate_per_hour");
    if (rate == nullptr) continue;
    // A few events carry no more digits.
    Fact("False accepts", NumberText(ValueAt(*rate, "").value_or(0), 2) + " per hour",
         "in " + NumberText(NumberAt(test, "/continuous/hours").value_or(0), 2) + " h; at most " +
             NumberText(NumberAt(*rate, "/ci/upper").value_or(0), 2));
    break;
  }
  const auto add = [&](const char* label, const char* pointer, const std::string& fallback) {
    const Json* value = Find(document_, pointer);
    if (value == nullptr || !ValueAt(*value, "")) return;
    const std::string kind = TextAt(*value, "/evidence/kind");
    const auto uncertainty = NumberAt(*value, "/uncertainty");
    Fact(label, ValueText(*value), fallback + kind + (uncertainty ? ", ± " + Pretty(ToSignificance(*uncertainty, *value)) : ""));
  };
  add("Latency, 90 % within", "/model/performance/latency/stimulus_to_read_p90", "");
  add("Time of an inference", "/model/specification/0/inference_time", "");
  add("Power, continuous", "/model/performance/energy/modes/0/power", "");
  add("Energy per inference", "/model/performance/energy/per_inference", "");
  add("Battery life", "/model/performance/energy/battery_life", "");
  add("Model", "/model/specification/0/flash", "");
  add("Carbon footprint", "/hardware/footprint/total",
      Pretty(NumberAt(document_, "/hardware/footprint/years").value_or(3)) + " years, CO₂e, ");
}

std::vector<std::string> ViewBuilder::Claims(const std::string& pointer) {
  std::vector<std::string> items;
  for (const Json& claim : ArrayAt(document_, pointer)) {
    std::string shown;
    for (const Json& id : ArrayAt(claim, "/tests"))
      shown += (shown.empty() ? "" : ", ") + TitleOfTest(id.is_string() ? id.get<std::string>() : "");
    items.push_back(TextAt(claim, "/text") + (shown.empty() ? "" : " (shown by the test “" + shown + "”)"));
  }
  return items;
}

std::string ViewBuilder::TitleOfTest(const std::string& id) {
  for (const Json& test : ArrayAt(document_, "/model/performance/tests")) {
    if (TextAt(test, "/id") == id) return TextAt(test, "/title", id);
  }
  return id;
}

void ViewBuilder::Overview() {
  Section("Overview");
  Cards({{"Features", Claims("/overview/features")}, {"Use cases", Claims("/overview/use_cases")}});
  Table form = ValueTable("Form factor");
  AddAll(form, "/overview/form_factor");
  Add(std::move(form));
  ArrayTable("Compliance and certification", "/overview/compliance",
             {{"name", "Name"}, {"statement", "Statement"}, {"status", "Status"}, {"body", "Body"}});
}

void ViewBuilder::Hardware() {
  Section("Hardware characteristics");
  Table electrical = ValueTable("Electrical characteristics");
  AddAll(electrical, "/hardware/electrical");
  Add(std::move(electrical));
  for (const Json& transducer : ArrayAt(document_, "/hardware/transducers")) {
    Table table = ValueTable(Words(TextAt(transducer, "/kind")) + ": " + TextAt(transducer, "/part"));
    if (const Json* values = Find(transducer, "/values")) {
      for (const auto& [key, value] : values->items()) AddValue(table, Words(key), &value);
    }
    Add(std::move(table));
  }
  Heading("Communication");
  Table bus{"Buses", {"Field", "Value"}, {}, {}, false};
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) bus.rows.push_back({{name}, {text}});
  };
  const auto value = [&](const char* pointer) {
    const Json* node = Find(document_, pointer);
    return node == nullptr ? std::string() : ValueText(*node);
  };
  const std::string others = Joined(ArrayAt(document_, "/hardware/communication/i2c/alternative_addresses"));
  add("I2C address (7 bit)",
      At("/hardware/communication/i2c/address") + (others.empty() ? "" : ", by strap " + others));
  add("I2C rate", value("/hardware/communication/i2c/rate"));
  add("Connector", At("/hardware/communication/i2c/connector"));
  add("Cable length", value("/hardware/communication/i2c/cable_length"));
  add("Serial rate", value("/hardware/communication/serial/rate"));
  add("Serial format",
      At("/hardware/communication/serial/format") + (At("/hardware/communication/serial/framing").empty()
                                                         ? ""
                                                         : ", " + At("/hardware/communication/serial/framing")));
  add("Interrupt", At("/hardware/communication/interrupt"));
  Add(std::move(bus));
  ArrayTable("Pins", "/hardware/communication/pins", {{"pin", "Pin"}, {"name", "Name"}, {"function", "Function"}});
  Heading("Registers");
  Paragraph(At("/hardware/registers/read_format"));
  ArrayTable(
      "Windows", "/hardware/registers/windows",
      {{"name", "Window"}, {"address", "Address"}, {"page", "Page"}, {"size_bytes", "Bytes"}, {"summary", "What"}});
  ArrayTable("All registers", "/hardware/registers/registers",
             {{"name", "Register"},
              {"address", "Address"},
              {"type", "Type"},
              {"access", "Access"},
              {"unit", "Unit"},
              {"summary", "What"}},
             true);
  Heading("Mechanical");
  Table mechanical = ValueTable("Dimensions");
  for (const char* key : {"length", "width", "height", "mass"})
    AddValue(mechanical, Words(key), Find(document_, std::string("/hardware/mechanical/") + key));
  Add(std::move(mechanical));
  Outline();
  ArrayTable("Bill of materials", "/hardware/bill_of_materials",
             {{"part", "Part"},
              {"description", "Description"},
              {"category", "Category"},
              {"quantity", "Quantity"},
              {"unit_price", "Unit price"}});
}

void ViewBuilder::Outline() {
  Chart chart;
  chart.kind = Chart::kOutline;
  const std::string base = "/hardware/mechanical/";
  for (const char* key : {"length", "width", "height"}) {
    const auto side = ValueAt(document_, base + key);
    if (!side || *side <= 0 || *side > 1e4 || TextAt(document_, base + key + "/unit") != "mm") return;
    chart.bars.push_back({Words(key), *side, *side, *side, Pretty(*side) + " mm"});
  }
  const Json& drawings = ArrayAt(document_, "/hardware/mechanical/drawings");
  chart.title = drawings.empty() ? "Outline" : TextAt(drawings[0], "/title", "Outline");
  chart.title += ", schematic";
  chart.alt = drawings.empty() ? "The board from above and from the side." : TextAt(drawings[0], "/alt");
  chart.labels.push_back(At("/hardware/transducers/0/kind"));
  for (const Json& pin : ArrayAt(document_, "/hardware/communication/pins"))
    chart.labels.push_back(TextAt(pin, "/pin") + " " + TextAt(pin, "/name"));
  Add(std::move(chart));
}

void ViewBuilder::Footprint() {
  const Json* footprint = Find(document_, "/hardware/footprint");
  if (footprint == nullptr) return;
  Section("Environmental impact");
  for (const Json& statement : ArrayAt(*footprint, "/statements")) Paragraph(TextAt(statement, "/text"));
  auto blocks = BlocksFrom(*footprint);
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.kg.typ > b.kg.typ; });
  Chart chart{Chart::kBars, "Carbon footprint by block, low to high", "kg CO₂e", "", 0, {}, {}, false, {}, {}, {}};
  for (const FootprintBlock& block : blocks) {
    chart.bars.push_back(
        {Words(block.block), block.kg.typ, block.kg.low, block.kg.high, NumberText(block.kg.typ, 2)});
    chart.x_max = std::max(chart.x_max, block.kg.high);
  }
  Add(std::move(chart));
  Table table = ValueTable("Totals over " + Pretty(NumberAt(*footprint, "/years").value_or(3)) +
                           " years, grid: " + TextAt(*footprint, "/grid"));
  for (const auto& [key, title] :
       {std::pair{"total_low", "Low"}, std::pair{"total", "Typical"}, std::pair{"total_high", "High"},
        std::pair{"sensitivity", "Typical, if counting truncates by half"}}) {
    AddValue(table, title, Find(*footprint, std::string("/") + key));
  }
  Add(std::move(table));
  Paragraph(TextAt(*footprint, "/method"));
}

std::vector<std::string> ViewBuilder::TextList(const char* pointer) {
  std::vector<std::string> items;
  for (const Json& entry : ArrayAt(document_, pointer)) items.push_back(entry.get<std::string>());
  return items;
}

void ViewBuilder::Limits() {
  Section("Limitations");
  Cards({{"Out of scope", TextList("/limitations/out_of_scope")}, {"Known limits", TextList("/limitations/known")},
         {"What measurement cannot settle", TextList("/limitations/not_settled_by_measurement")}});
  Section("Lifecycle");
  Table table{"Support", {"Field", "Value"}, {}, {}, false};
  if (const Json* lifecycle = Find(document_, "/lifecycle")) {
    for (const auto& [key, value] : lifecycle->items()) {
      if (!value.is_array())
        table.rows.push_back({{Words(key)}, {value.is_string() ? value.get<std::string>() : ValueText(value)}});
    }
  }
  Add(std::move(table));
  ArrayTable("Regulation", "/lifecycle/regulation",
             {{"name", "Name"}, {"role", "Role"}, {"class", "Class"}, {"statement", "Statement"}, {"date", "Date"}});
}

void ViewBuilder::Provenance() {
  Section("Provenance and evidence");
  Paragraph("Declared by " + At("/declaration/signer") + ", " + At("/declaration/date") + ". " +
            At("/declaration/statement"));
  Table table{"Hashes", {"Field", "Value"}, {}, {}, false};
  if (const Json* provenance = Find(document_, "/provenance")) {
    for (const auto& [key, value] : provenance->items()) {
      if (value.is_string()) table.rows.push_back({{Words(key)}, {value.get<std::string>()}});
    }
  }
  Add(std::move(table));
  ArrayTable("Not applicable", "/not_applicable", {{"pointer", "Field"}, {"reason", "Reason"}});
  Table evidence{"Evidence of every value", {"Value", "Is", "Kind", "From"}, {}, {}, true};
  VisitValues(document_, [&](const std::string& where, const Json& value) {
    const Json* e = Find(value, "/evidence");
    if (e == nullptr) return;
    std::string from;
    for (const char* key : {"formula", "method", "run_id", "instrument", "source", "signer", "timestamp"}) {
      if (const std::string text = TextAt(*e, std::string("/") + key); !text.empty())
        from += (from.empty() ? "" : "; ") + text;
    }
    if (const Json* inputs = Find(*e, "/inputs")) from += " from " + Joined(*inputs);
    evidence.rows.push_back({{where}, {ValueText(value)}, {TextAt(*e, "/kind"), true}, {from}});
  });
  Add(std::move(evidence));
  Section("Acronyms and glossary");
  ArrayTable("Acronyms", "/acronyms", {{"term", "Acronym"}, {"meaning", "Meaning"}});
  ArrayTable("Glossary", "/glossary", {{"term", "Term"}, {"meaning", "Meaning"}});
}

View MakeView(const Json& document) { return ViewBuilder(document).Build(); }

}  // namespace mls::datasheet
