#include "view.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "mls/datasheet/completeness.h"
#include "mls/datasheet/footprint.h"
#include "mls/datasheet/schema.h"
#include "mls/datasheet/signature.h"

namespace mls::datasheet {
namespace {

std::string Words(const std::string& key) { return Capital(Plain(key)); }

std::string Joined(const Json& list) {
  std::string text;
  for (const Json& entry : list)
    text += (text.empty() ? "" : ", ") + (entry.is_string() ? entry.get<std::string>() : entry.dump());
  return text;
}

// A field of an entry as text; words of a closed list lose their underscores.
std::string FieldText(std::string_view key, const Json* field) {
  static constexpr std::string_view kClosed[] = {"status", "verdict", "section", "risk", "category", "access"};
  if (field == nullptr || field->is_null()) return "";
  if (field->is_string()) {
    return std::find(std::begin(kClosed), std::end(kClosed), key) != std::end(kClosed)
               ? Plain(field->get<std::string>())
               : field->get<std::string>();
  }
  return field->is_object() ? ValueText(*field) : field->is_array() ? Joined(*field) : field->dump();
}

class Builder {
 public:
  explicit Builder(const Json& document) : document_(document) {}

  View Build() {
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

 private:
  std::string At(const std::string& pointer, const std::string& fallback = "") const {
    return TextAt(document_, pointer, fallback);
  }

  void Section(const std::string& text) { view_.blocks.push_back({Block::kSection, text, {}, {}, {}}); }
  void Heading(const std::string& text) { view_.blocks.push_back({Block::kHeading, text, {}, {}, {}}); }
  void Paragraph(const std::string& text) {
    if (!text.empty()) view_.blocks.push_back({Block::kParagraph, text, {}, {}, {}});
  }
  void Cards(std::vector<Card> cards) {
    cards.erase(std::remove_if(cards.begin(), cards.end(), [](const Card& card) { return card.items.empty(); }),
                cards.end());
    if (!cards.empty()) view_.blocks.push_back({Block::kCards, "", std::move(cards), {}, {}});
  }
  // Columns without any content are left out.
  void Add(Table table) {
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
  void Add(Chart chart) { view_.blocks.push_back({Block::kChart, "", {}, {}, std::move(chart)}); }

  // Entries of an array as rows: one column per key.
  void ArrayTable(const std::string& caption, const std::string& pointer,
                  const std::vector<std::pair<const char*, const char*>>& columns, bool folded = false) {
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

  static Table ValueTable(const std::string& caption) {
    return {caption,
            {"Parameter", "Min", "Typ", "Max", "Unit", "Evidence"},
            {false, true, true, true, false, false},
            {},
            false};
  }
  static void AddValue(Table& table, const std::string& name, const Json* value) {
    if (value == nullptr || !value->is_object()) return;
    const std::string kind = TextAt(*value, "/evidence/kind");
    const auto number = [&](const char* key) {
      const auto n = NumberAt(*value, key);
      return n ? Pretty(*n) : std::string();
    };
    std::string typical = number("/typ");
    if (typical.empty()) typical = number("/value");
    if (typical.empty() && number("/min").empty() && number("/max").empty()) typical = ValueText(*value);
    if (const auto uncertainty = NumberAt(*value, "/uncertainty")) typical += " ± " + Pretty(*uncertainty);
    table.rows.push_back(
        {{name}, {number("/min")}, {typical}, {number("/max")}, {UnitText(TextAt(*value, "/unit"))}, {kind, true}});
  }
  void AddAll(Table& table, const std::string& pointer) {
    const Json* values = Find(document_, pointer);
    if (values == nullptr || !values->is_object()) return;
    for (const auto& [key, value] : values->items()) AddValue(table, Words(key), &value);
  }

  void Marks() {
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

  void Fact(const std::string& label, const std::string& value, const std::string& detail) {
    view_.key_facts.push_back({label, value, detail});
  }

  void KeyFacts() {
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
      Fact("False accepts", Pretty(ValueAt(*rate, "").value_or(0)) + " per hour",
           "in " + Pretty(NumberAt(test, "/continuous/hours").value_or(0)) + " h; at most " +
               Pretty(NumberAt(*rate, "/ci/upper").value_or(0)));
      break;
    }
    const auto add = [&](const char* label, const char* pointer, const std::string& fallback) {
      const Json* value = Find(document_, pointer);
      if (value == nullptr || !ValueAt(*value, "")) return;
      const std::string kind = TextAt(*value, "/evidence/kind");
      const auto uncertainty = NumberAt(*value, "/uncertainty");
      Fact(label, ValueText(*value), fallback + kind + (uncertainty ? ", ± " + Pretty(*uncertainty) : ""));
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

  std::vector<std::string> Claims(const std::string& pointer) {
    std::vector<std::string> items;
    for (const Json& claim : ArrayAt(document_, pointer)) {
      std::string shown;
      for (const Json& id : ArrayAt(claim, "/tests"))
        shown += (shown.empty() ? "" : ", ") + TitleOfTest(id.is_string() ? id.get<std::string>() : "");
      items.push_back(TextAt(claim, "/text") + (shown.empty() ? "" : " (shown by the test “" + shown + "”)"));
    }
    return items;
  }

  std::string TitleOfTest(const std::string& id) {
    for (const Json& test : ArrayAt(document_, "/model/performance/tests")) {
      if (TextAt(test, "/id") == id) return TextAt(test, "/title", id);
    }
    return id;
  }

  void Overview() {
    Section("Overview");
    Cards({{"Features", Claims("/overview/features")}, {"Use cases", Claims("/overview/use_cases")}});
    Table form = ValueTable("Form factor");
    AddAll(form, "/overview/form_factor");
    Add(std::move(form));
    ArrayTable("Compliance and certification", "/overview/compliance",
               {{"name", "Name"}, {"statement", "Statement"}, {"status", "Status"}, {"body", "Body"}});
  }

  void Model() {
    Section("Model characteristics");
    SoftwareFlow();
    ForEachSpec();
    DatasetLabel();
    PrivacyLabel();
  }

  void SoftwareFlow() {
    std::vector<Card> stages;
    for (const Json& stage : ArrayAt(document_, "/model/software_flow")) {
      Card card{TextAt(stage, "/stage"), {}};
      for (const char* key : {"input", "output", "description", "kept"}) {
        if (const std::string text = TextAt(stage, std::string("/") + key); !text.empty())
          card.items.push_back(std::string(key) + ": " + text);
      }
      stages.push_back(std::move(card));
    }
    if (stages.empty()) return;
    Heading("Software flow");
    view_.blocks.push_back({Block::kFlow, "Software flow", std::move(stages), {}, {}});
  }

  void ForEachSpec() {
    const Json& specs = ArrayAt(document_, "/model/specification");
    for (size_t i = 0; i < specs.size(); ++i) {
      const Json& spec = specs[i];
      Heading("Model: " + TextAt(spec, "/name"));
      Table text{"Specification", {"Field", "Value"}, {}, {}, false};
      for (const auto& [key, title] : std::vector<std::pair<const char*, const char*>>{{"version", "Version"},
                                                                                       {"task", "Task"},
                                                                                       {"architecture", "Architecture"},
                                                                                       {"framework", "Framework"},
                                                                                       {"quantisation", "Quantisation"},
                                                                                       {"input", "Input"},
                                                                                       {"output", "Output"},
                                                                                       {"labels", "Labels"},
                                                                                       {"licence", "Licence"},
                                                                                       {"credits", "Credits"},
                                                                                       {"sha256", "SHA-256"}}) {
        const Json* field = Find(spec, std::string("/") + key);
        if (field != nullptr)
          text.rows.push_back({{title}, {field->is_array() ? Joined(*field) : field->get<std::string>()}});
      }
      for (const char* key : {"description", "data"}) {
        if (const std::string value = TextAt(spec, std::string("/training/") + key); !value.empty())
          text.rows.push_back({{std::string("Training ") + (key[1] == 'e' ? "method" : "data")}, {value}});
      }
      Add(std::move(text));
      Table sizes = ValueTable("Size and speed");
      for (const char* key : {"macs", "parameters", "flash", "peak_memory", "inference_time", "capture_interval"})
        AddValue(sizes, std::string_view(key) == "macs" ? "Multiply-accumulates" : Words(key),
                 Find(spec, std::string("/") + key));
      Add(std::move(sizes));
      ArrayTable("Data splits", "/model/specification/" + std::to_string(i) + "/training/splits",
                 {{"name", "Split"}, {"n", "Samples"}, {"description", "What"}, {"sha256", "SHA-256"}});
    }
  }

  void DatasetLabel() {
    const Json* label = Find(document_, "/model/dataset_label");
    if (label == nullptr) return;
    Heading("Dataset nutrition label");
    Table glance{TextAt(*label, "/name", "At a glance"), {"At a glance", ""}, {}, {}, false};
    if (const Json* entries = Find(*label, "/at_a_glance")) {
      for (const auto& [key, value] : entries->items())
        glance.rows.push_back({{Words(key)}, {value.is_string() ? value.get<std::string>() : value.dump()}});
    }
    if (const std::string consent = TextAt(*label, "/consent"); !consent.empty())
      glance.rows.push_back({{"Consent"}, {consent}});
    Add(std::move(glance));
    ArrayTable("Intended use", "/model/dataset_label/intended_use", {{"use", "Use"}, {"verdict", "Verdict"}});
    ArrayTable("Risks", "/model/dataset_label/risks", {{"section", "Section"}, {"risk", "Risk"}, {"text", "Why"}});
    ArrayTable("Sources", "/model/dataset_label/sources",
               {{"name", "Source"}, {"attribution", "What"}, {"licence", "Licence"}});
  }

  void PrivacyLabel() {
    const Json* label = Find(document_, "/model/privacy_label");
    if (label == nullptr) return;
    Heading("Security and privacy label");
    std::vector<std::string> types, without;
    for (const char* type : {"visual", "audio", "physiological", "location"}) {
      (TextAt(*label, std::string("/data_types/") + type + "/collects") == "no" ? without : types).push_back(type);
    }
    const char* const kFields[] = {"collects",        "sensor",      "purpose", "stored_on_device",
                                   "stored_in_cloud", "shared_with", "sold_to", "collection_frequency",
                                   "retention"};
    Table table{"Data practices", {""}, {}, {}, false};
    for (const std::string& type : types) table.columns.push_back(Words(type) + " data");
    for (const char* field : kFields) {
      std::vector<Cell> row = {{Words(field)}};
      for (const std::string& type : types)
        row.push_back({TextAt(*label, "/data_types/" + type + "/" + field, "not disclosed")});
      table.rows.push_back(std::move(row));
    }
    if (!types.empty()) Add(std::move(table));
    std::string none;
    for (const std::string& type : without) none += (none.empty() ? "" : ", ") + type;
    if (!none.empty()) Paragraph("Not collected: " + none + " data.");
    Table more{"Security and layer 2", {"Topic", "Statement"}, {}, {}, false};
    more.rows.push_back({{"Security updates"}, {TextAt(*label, "/security_updates", "not disclosed")}});
    more.rows.push_back({{"Access control"}, {TextAt(*label, "/access_control", "not disclosed")}});
    if (const Json* entries = Find(*label, "/layer_2")) {
      for (const auto& [key, value] : entries->items())
        more.rows.push_back({{Words(key)}, {value.is_string() ? value.get<std::string>() : value.dump()}});
    }
    Add(std::move(more));
  }

  static Bar RateBar(const std::string& label, const Json& metric) {
    const double value = ValueAt(metric, "").value_or(0);
    return {label, value, NumberAt(metric, "/ci/lower").value_or(value), NumberAt(metric, "/ci/upper").value_or(value),
            RateText(metric, false)};
  }

  void Performance() {
    Section("Performance");
    const Json& tests = ArrayAt(document_, "/model/performance/tests");
    if (tests.empty()) Paragraph("Not measured yet.");
    for (const Json& test : tests) {
      Heading(TextAt(test, "/title"));
      Paragraph(Words(TextAt(test, "/description")) + (TextAt(test, "/description").empty() ? "" : ". ") +
                "Kind: " + Plain(TextAt(test, "/kind")) + " test" +
                (test.contains("threshold") ? ", threshold " + ValueText(test["threshold"]) : "") +
                (test.contains("subjects") ? ", " + test["subjects"].dump() + " subjects" : "") + ".");
      const Json& plots = ArrayAt(test, "/plots");
      const bool shown = std::any_of(plots.begin(), plots.end(), [](const Json& plot) {
        return TextAt(plot, "/kind") == "matrix" && ArrayAt(plot, "/labels").size() == 2;
      });
      if (const Json* counts = Find(test, "/counts"); counts != nullptr && !shown) {
        Chart chart;
        chart.kind = Chart::kMatrix;
        chart.title = "Counts";
        chart.matrix = {"Counts", {"truth \\ decision", "present", "absent"}, {false, true, true}, {}, false};
        const auto n = [&](const char* key) { return Pretty(NumberAt(*counts, std::string("/") + key).value_or(0)); };
        chart.matrix.rows = {{{"present"}, {n("true_positive")}, {n("false_negative")}},
                             {{"absent"}, {n("false_positive")}, {n("true_negative")}}};
        Add(std::move(chart));
      }
      Rates(test);
      for (const Json& plot : plots) Plot(plot);
      Slices(test);
      if (const Json* continuous = Find(test, "/continuous")) {
        Table table{"Continuous operation",
                    {"Hours", "False accepts", "Per hour", "95 % interval"},
                    {true, true, true, true},
                    {},
                    false};
        const Json* rate = Find(*continuous, "/rate_per_hour");
        table.rows.push_back({{Pretty(NumberAt(*continuous, "/hours").value_or(0))},
                              {Pretty(NumberAt(*continuous, "/false_accepts").value_or(0))},
                              {rate == nullptr ? "" : Pretty(ValueAt(*rate, "").value_or(0))},
                              {rate == nullptr ? ""
                                               : Pretty(NumberAt(*rate, "/ci/lower").value_or(0)) + " to " +
                                                     Pretty(NumberAt(*rate, "/ci/upper").value_or(0))}});
        Add(std::move(table));
      }
    }
    Table latency = ValueTable("Latency");
    AddAll(latency, "/model/performance/latency");
    Add(std::move(latency));
    for (const Json& plot : ArrayAt(document_, "/model/performance/latency_plots")) Plot(plot);
  }

  void Rates(const Json& test) {
    const Json* metrics = Find(test, "/metrics");
    if (metrics == nullptr) return;
    Chart chart{Chart::kBars, "Rates with 95 % intervals", "", "", 1, {}, {}, false, {}, {}, {}};
    for (const auto& [name, metric] : metrics->items()) {
      if (ValueAt(metric, "")) chart.bars.push_back(RateBar(Words(name), metric));
    }
    if (!chart.bars.empty()) Add(std::move(chart));
  }

  void Slices(const Json& test) {
    std::vector<std::string> factors;
    for (const Json& slice : ArrayAt(test, "/slices")) {
      if (std::find(factors.begin(), factors.end(), TextAt(slice, "/factor")) == factors.end())
        factors.push_back(TextAt(slice, "/factor"));
    }
    for (const std::string& factor : factors) {
      for (const auto& [key, title] :
           {std::pair{"recall", "Recall"}, std::pair{"false_positive_rate", "False-positive rate"}}) {
        Chart chart{Chart::kBars, std::string(title) + " by " + Plain(factor), "", "", 1, {}, {}, false, {}, {}, {}};
        for (const Json& slice : ArrayAt(test, "/slices")) {
          const Json* metric = Find(slice, std::string("/metrics/") + key);
          if (TextAt(slice, "/factor") == factor && metric != nullptr)
            chart.bars.push_back(
                RateBar(TextAt(slice, "/level") + ", n = " + std::to_string(metric->value("n", 0)), *metric));
        }
        if (!chart.bars.empty()) Add(std::move(chart));
      }
      if (const auto hidden = ValueAt(test, "/detectable_differences/" + PointerStep(factor))) {
        Paragraph("Groups of this size would not show a difference by " + Plain(factor) + " of less than " +
                  NumberText(*hidden * 100, 3) + " points.");
      }
    }
  }

  void Plot(const Json& plot) {
    Chart chart{Chart::kBars,
                TextAt(plot, "/title"),
                TextAt(plot, "/x_label"),
                TextAt(plot, "/y_label"),
                1,
                {},
                {},
                false,
                {},
                {},
                {}};
    const std::string kind = TextAt(plot, "/kind");
    if (kind == "line") {
      chart.kind = Chart::kLine;
      chart.diagonal = chart.x_label == "false-positive rate" || chart.x_label == "mean score";
      for (const Json& point : ArrayAt(plot, "/points")) {
        if (point.size() >= 2 && point[0].is_number() && point[1].is_number())
          chart.points.emplace_back(point[0].get<double>(), point[1].get<double>());
      }
    } else if (kind == "matrix") {
      chart.kind = Chart::kMatrix;
      chart.matrix = {chart.title, {"true \\ decided"}, {false}, {}, false};
      for (const Json& label : ArrayAt(plot, "/labels")) chart.matrix.columns.push_back(label.get<std::string>());
      for (const Json& row : ArrayAt(plot, "/rows")) {
        std::vector<Cell> cells = {{TextAt(row, "/truth")}};
        for (const Json& count : ArrayAt(row, "/counts")) cells.push_back({count.dump()});
        chart.matrix.rows.push_back(std::move(cells));
      }
      chart.matrix.numeric.assign(chart.matrix.columns.size(), true);
      chart.matrix.numeric[0] = false;
    } else {
      if (kind == "histogram") chart.kind = Chart::kHistogram;
      const Json& labels = ArrayAt(plot, "/labels");
      const Json& values = ArrayAt(plot, "/values");
      double largest = 0;
      for (size_t i = 0; i < values.size(); ++i) {
        const double value = values[i].get<double>();
        chart.bars.push_back(
            {i < labels.size() ? labels[i].get<std::string>() : std::to_string(i), value, value, value, Pretty(value)});
        largest = std::max(largest, value);
      }
      chart.x_max = largest > 0 ? largest : 1;
    }
    Add(std::move(chart));
  }

  void Energy() {
    const Json* energy = Find(document_, "/model/performance/energy");
    if (energy == nullptr) return;
    Section("Power and energy");
    Table table = ValueTable("Power by mode, energy by task");
    for (const Json& mode : ArrayAt(*energy, "/modes"))
      AddValue(table, "Power, " + TextAt(mode, "/mode"), Find(mode, "/power"));
    for (const char* key : {"per_inference", "per_decision", "per_day", "battery_life"})
      AddValue(table, Words(std::string_view(key) == "battery_life" ? key : std::string("energy_") + key),
               Find(*energy, std::string("/") + key));
    Add(std::move(table));
    std::string note = TextAt(*energy, "/duty_cycle");
    if (const auto battery = NumberAt(*energy, "/battery_life/conditions/battery_wh"))
      note += "; battery of " + Pretty(*battery) + " Wh";
    if (const Json* inputs = Find(*energy, "/per_inference/evidence/inputs"))
      note += ". Modelled from " + Joined(*inputs) + "; " + TextAt(*energy, "/per_inference/evidence/formula");
    Paragraph(note + ".");
  }

  void Hardware() {
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

  // The board from above and from the side, drawn from its dimensions, pins and first transducer.
  void Outline() {
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

  void Footprint() {
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

  std::vector<std::string> TextList(const char* pointer) {
    std::vector<std::string> items;
    for (const Json& entry : ArrayAt(document_, pointer)) items.push_back(entry.get<std::string>());
    return items;
  }

  void Limits() {
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

  void Provenance() {
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

  const Json& document_;
  View view_;
};

}  // namespace

View MakeView(const Json& document) { return Builder(document).Build(); }

}  // namespace mls::datasheet
