// The chapters on the model: what it is, what it was made from, how well it does, and what that takes.
#include <algorithm>

#include "view_builder.h"

namespace mls::datasheet {

void ViewBuilder::Model() {
  Section("Model characteristics");
  SoftwareFlow();
  ForEachSpec();
  DatasetLabel();
  PrivacyLabel();
}

void ViewBuilder::SoftwareFlow() {
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

void ViewBuilder::ForEachSpec() {
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

void ViewBuilder::DatasetLabel() {
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

void ViewBuilder::PrivacyLabel() {
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

Bar ViewBuilder::RateBar(const std::string& label, const Json& metric) {
  const double value = ValueAt(metric, "").value_or(0);
  return {label, value, NumberAt(metric, "/ci/lower").value_or(value), NumberAt(metric, "/ci/upper").value_or(value),
          RateText(metric, false)};
}

void ViewBuilder::Performance() {
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

void ViewBuilder::Rates(const Json& test) {
  const Json* metrics = Find(test, "/metrics");
  if (metrics == nullptr) return;
  Chart chart{Chart::kBars, "Rates with 95 % intervals", "", "", 1, {}, {}, false, {}, {}, {}};
  for (const auto& [name, metric] : metrics->items()) {
    if (ValueAt(metric, "")) chart.bars.push_back(RateBar(Words(name), metric));
  }
  if (!chart.bars.empty()) Add(std::move(chart));
}

void ViewBuilder::Slices(const Json& test) {
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

void ViewBuilder::Plot(const Json& plot) {
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

void ViewBuilder::Energy() {
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

}  // namespace mls::datasheet
