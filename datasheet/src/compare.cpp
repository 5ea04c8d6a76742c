#include "mls/datasheet/compare.h"

#include <algorithm>
#include <cmath>

#include "mls/datasheet/completeness.h"
#include "mls/datasheet/statistics.h"
#include "pages.h"
#include "view.h"

namespace mls::datasheet {
namespace {

constexpr const char* kNone = "–";

using Row = Comparison::Row;

std::string KindOf(const Json* value) { return value == nullptr ? "" : TextAt(*value, "/evidence/kind"); }

bool IsKnown(const Json* value) {
  const std::string kind = KindOf(value);
  return value != nullptr && kind != "not_disclosed" && kind != "not_applicable" &&
         (value->is_string() || ValueAt(*value, "") || (value->contains("value") && !(*value)["value"].is_null()));
}

std::string Shown(const Json* value) {
  if (value == nullptr || value->is_null()) return kNone;
  if (value->is_string()) return value->get<std::string>();
  if (!value->is_object()) return value->dump();
  const auto uncertainty = NumberAt(*value, "/uncertainty");
  const std::string kind = KindOf(value);
  return ValueText(*value) + (uncertainty ? " ± " + Pretty(*uncertainty) : "") +
         (IsKnown(value) && !kind.empty() ? " (" + Plain(kind) + ")" : "");
}

// Why two values with evidence are not the same kind of number; empty where they are.
std::string WhyNot(const Json* a, const Json* b) {
  const auto missing = [](const Json* value) {
    return value == nullptr ? "not stated" : KindOf(value) == "not_applicable" ? "not applicable" : "not disclosed";
  };
  if (!IsKnown(a) && !IsKnown(b)) return "in neither sheet";
  if (!IsKnown(a)) return std::string(missing(a)) + " in A";
  if (!IsKnown(b)) return std::string(missing(b)) + " in B";
  if (TextAt(*a, "/unit") != TextAt(*b, "/unit"))
    return "other units: " + TextAt(*a, "/unit", "none") + " and " + TextAt(*b, "/unit", "none");
  const bool a_measured = KindOf(a) == "measured", b_measured = KindOf(b) == "measured";
  if (a_measured != b_measured)
    return std::string("measured in ") + (a_measured ? "A, " : "B, ") + Plain(KindOf(a_measured ? b : a)) + " in " +
           (a_measured ? "B" : "A");
  const Json* conditions_a = Find(*a, "/conditions");
  const Json* conditions_b = Find(*b, "/conditions");
  if (conditions_a != nullptr && conditions_b != nullptr && *conditions_a != *conditions_b)
    return "other conditions: " + conditions_a->dump() + " and " + conditions_b->dump();
  return "";
}

// Which is higher, unless the uncertainties or intervals overlap.
std::string Higher(const Json& a, const Json& b) {
  const auto low = [](const Json& v) {
    return NumberAt(v, "/ci/lower")
        .value_or(NumberAt(v, "/min").value_or(ValueAt(v, "").value_or(0) - NumberAt(v, "/uncertainty").value_or(0)));
  };
  const auto high = [](const Json& v) {
    return NumberAt(v, "/ci/upper")
        .value_or(NumberAt(v, "/max").value_or(ValueAt(v, "").value_or(0) + NumberAt(v, "/uncertainty").value_or(0)));
  };
  const auto first = ValueAt(a, ""), second = ValueAt(b, "");
  if (!first || !second) return "";
  if (*first == *second && low(a) == low(b) && high(a) == high(b)) return "equal";
  if (low(a) <= high(b) && low(b) <= high(a)) return "ranges overlap: no difference is shown";
  const double ratio = std::max(*first, *second) / std::max(1e-12, std::min(*first, *second));
  return std::string(*first > *second ? "A" : "B") + " is higher" +
         (std::isfinite(ratio) && ratio > 1 && ratio < 1e4 ? ", " + NumberText(ratio, 3) + " times" : "");
}

Row ValueRow(const std::string& what, const Json* a, const Json* b) {
  Row row{what, Shown(a), Shown(b), "", WhyNot(a, b)};
  if (row.not_comparable.empty()) row.finding = Higher(*a, *b);
  return row;
}

Row TextRow(const std::string& what, const Json& a, const Json& b, const std::string& pointer) {
  const std::string first = TextAt(a, pointer), second = TextAt(b, pointer);
  const auto shown = [](const std::string& text) { return text.empty() ? kNone : text; };
  return {what, shown(first), shown(second),
          first.empty() || second.empty() ? ""
          : first == second               ? "the same"
                                          : "differs",
          ""};
}

// Newcombe's interval of a difference of two shares (1998, method 10), from the Wilson intervals of both.
Interval DifferenceOf(const Ratio& a, const Ratio& b) {
  const double p = static_cast<double>(a.numerator) / static_cast<double>(a.denominator),
               q = static_cast<double>(b.numerator) / static_cast<double>(b.denominator);
  const Interval first = WilsonInterval(a.numerator, a.denominator),
                 second = WilsonInterval(b.numerator, b.denominator);
  return {p - q - std::hypot(p - first.lower, second.upper - q), p - q + std::hypot(first.upper - p, q - second.lower)};
}

const Json* FirstTest(const Json& document, bool continuous) {
  for (const Json& test : ArrayAt(document, "/model/performance/tests")) {
    if (test.is_object() && test.contains("continuous") == continuous) return &test;
  }
  return nullptr;
}

// Why rates of two tests say nothing about each other; empty where they do.
std::string WhyNotTests(const Json& a, const Json& b, const Json* test_a, const Json* test_b) {
  if (test_a == nullptr || test_b == nullptr)
    return std::string("not measured in ") + (test_a == nullptr && test_b == nullptr ? "either"
                                              : test_a == nullptr                    ? "A"
                                                                                     : "B");
  const std::string profile_a = TextAt(a, "/overview/profile"), profile_b = TextAt(b, "/overview/profile");
  if (profile_a != profile_b) return "they sense different things: " + profile_a + " and " + profile_b;
  const std::string kind_a = TextAt(*test_a, "/kind"), kind_b = TextAt(*test_b, "/kind");
  if (kind_a != kind_b) return "other kind of test: " + Plain(kind_a) + " and " + Plain(kind_b);
  const std::string hash_a = TextAt(*test_a, "/dataset_sha256"), hash_b = TextAt(*test_b, "/dataset_sha256");
  const std::string raw_a = TextAt(*test_a, "/dataset"), raw_b = TextAt(*test_b, "/dataset");
  if (!hash_a.empty() && hash_a == hash_b) return "";
  if (!hash_a.empty() && !hash_b.empty()) return "other test data";
  if (!raw_a.empty() && raw_a == raw_b && hash_a.empty() && hash_b.empty()) return "";
  return raw_a.empty() || raw_b.empty() ? "it is not said that the test data are the same"
                                        : "other test data: " + raw_a + " and " + raw_b;
}

void AddRates(const Json& a, const Json& b, std::vector<Row>& rows) {
  const Json* test_a = FirstTest(a, false);
  const Json* test_b = FirstTest(b, false);
  const std::string why = WhyNotTests(a, b, test_a, test_b);
  const auto name = [](const Json* test) { return test == nullptr ? std::string(kNone) : TextAt(*test, "/title"); };
  rows.push_back({"Test", name(test_a), name(test_b), "", why});
  for (const char* metric : {"recall", "false_positive_rate", "precision", "accuracy"}) {
    const std::string pointer = std::string("/metrics/") + metric;
    const Json* rate_a = test_a == nullptr ? nullptr : Find(*test_a, pointer);
    const Json* rate_b = test_b == nullptr ? nullptr : Find(*test_b, pointer);
    if (rate_a == nullptr && rate_b == nullptr) continue;
    const auto shown = [](const Json* rate) {
      if (rate == nullptr) return std::string(kNone);
      const auto n = NumberAt(*rate, "/n");
      return RateText(*rate, false) + (rate->contains("ci") ? " (" + RateText(*rate, true) + ")" : "") +
             (n ? ", n = " + Pretty(*n) : "");
    };
    Row row{Capital(Plain(metric)), shown(rate_a), shown(rate_b), "", why};
    const auto ratio = [&](const Json* test) -> std::optional<Ratio> {
      const auto counts = test == nullptr ? std::nullopt : CountsFrom(Find(*test, "/counts"));
      return counts ? RatioOf(metric, *counts) : std::nullopt;
    };
    const auto ratio_a = ratio(test_a), ratio_b = ratio(test_b);
    if (row.not_comparable.empty()) {
      if (!rate_a || !rate_b) row.not_comparable = std::string("not stated in ") + (rate_a ? "B" : "A");
      else if (!ratio_a || !ratio_b || ratio_a->denominator == 0 || ratio_b->denominator == 0)
        row.not_comparable = std::string("no counts stand behind it in ") + (ratio_a ? "B" : "A");
    }
    if (row.not_comparable.empty()) {
      const Interval d = DifferenceOf(*ratio_a, *ratio_b);
      const auto points = [](double share) { return NumberText(std::round(share * 1000) / 10, 3); };
      row.finding = "A − B: " + points(d.lower) + " to " + points(d.upper) + " points" +
                    (d.lower <= 0 && d.upper >= 0 ? ": no difference is shown" : "");
    }
    rows.push_back(std::move(row));
  }
  const Json* alone_a = FirstTest(a, true);
  const Json* alone_b = FirstTest(b, true);
  if (alone_a == nullptr && alone_b == nullptr) return;
  const auto shown = [](const Json* test) {
    const Json* rate = test == nullptr ? nullptr : Find(*test, "/continuous/rate_per_hour");
    if (rate == nullptr) return std::string(kNone);
    const auto upper = NumberAt(*rate, "/ci/upper");
    return Pretty(ValueAt(*rate, "").value_or(0)) + " per hour in " +
           Pretty(NumberAt(*test, "/continuous/hours").value_or(0)) + " h" +
           (upper ? ", at most " + Pretty(*upper) : "");
  };
  Row row{"False accepts", shown(alone_a), shown(alone_b), "", WhyNotTests(a, b, alone_a, alone_b)};
  if (row.not_comparable.empty())
    row.finding = Higher((*alone_a)["continuous"].value("rate_per_hour", Json::object()),
                         (*alone_b)["continuous"].value("rate_per_hour", Json::object()));
  rows.push_back(std::move(row));
}

// Rows for the keys that at least one of two objects has.
void AddObject(const Json& a, const Json& b, const std::string& pointer, const std::string& prefix,
               std::vector<Row>& rows) {
  std::vector<std::string> keys;
  for (const Json* document : {&a, &b}) {
    const Json* object = Find(*document, pointer);
    if (object == nullptr || !object->is_object()) continue;
    for (const auto& [key, value] : object->items()) {
      if (value.is_object() && std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  for (const std::string& key : keys)
    rows.push_back(ValueRow(prefix + (prefix.empty() ? Capital(Plain(key)) : Plain(key)),
                            Find(a, pointer + "/" + PointerStep(key)), Find(b, pointer + "/" + PointerStep(key))));
}

const Json* ModePower(const Json& document, const std::string& mode) {
  for (const Json& entry : ArrayAt(document, "/model/performance/energy/modes")) {
    if (TextAt(entry, "/mode") == mode) return Find(entry, "/power");
  }
  return nullptr;
}

void AddEnergy(const Json& a, const Json& b, std::vector<Row>& rows) {
  std::vector<std::string> modes;
  for (const Json* document : {&a, &b}) {
    for (const Json& entry : ArrayAt(*document, "/model/performance/energy/modes")) {
      if (std::find(modes.begin(), modes.end(), TextAt(entry, "/mode")) == modes.end())
        modes.push_back(TextAt(entry, "/mode"));
    }
  }
  for (const std::string& mode : modes)
    rows.push_back(ValueRow("Power, " + mode, ModePower(a, mode), ModePower(b, mode)));
  const std::string duty_a = TextAt(a, "/model/performance/energy/duty_cycle"),
                    duty_b = TextAt(b, "/model/performance/energy/duty_cycle");
  for (const char* key : {"per_inference", "per_decision", "per_day", "battery_life"}) {
    const std::string pointer = std::string("/model/performance/energy/") + key;
    Row row = ValueRow(Capital(Plain(key)), Find(a, pointer), Find(b, pointer));
    if (row.not_comparable.empty() && std::string_view(key) != "per_inference" && duty_a != duty_b) {
      row.not_comparable = "other duty cycle: " + duty_a + "; " + duty_b;
      row.finding.clear();
    }
    if (row.a != kNone || row.b != kNone) rows.push_back(std::move(row));
  }
}

void AddFootprint(const Json& a, const Json& b, std::vector<Row>& rows) {
  const std::string base = "/hardware/footprint";
  Row row = ValueRow("Carbon footprint, total", Find(a, base + "/total"), Find(b, base + "/total"));
  const auto years_a = NumberAt(a, base + "/years"), years_b = NumberAt(b, base + "/years");
  if (row.not_comparable.empty() && years_a != years_b)
    row.not_comparable =
        "other periods: " + NumberText(years_a.value_or(0)) + " and " + NumberText(years_b.value_or(0)) + " years";
  if (row.not_comparable.empty() && TextAt(a, base + "/grid") != TextAt(b, base + "/grid"))
    row.not_comparable =
        "other grids: " + TextAt(a, base + "/grid", "not stated") + " and " + TextAt(b, base + "/grid", "not stated");
  if (!row.not_comparable.empty()) row.finding.clear();
  if (row.a != kNone || row.b != kNone) rows.push_back(std::move(row));
}

void AddPrice(const Json& a, const Json& b, std::vector<Row>& rows) {
  const auto price = [](const Json& document) -> std::pair<std::string, std::string> {
    double sum = 0;
    std::string unit;
    const Json& parts = ArrayAt(document, "/hardware/bill_of_materials");
    for (const Json& part : parts) {
      const auto one = ValueAt(part, "/unit_price");
      if (!one) return {std::to_string(parts.size()) + " kinds of parts", "parts without a price"};
      sum += *one * NumberAt(part, "/quantity").value_or(1);
      unit = UnitText(TextAt(part, "/unit_price/unit"));
    }
    return {NumberText(std::round(sum * 100) / 100, 6) + " " + unit, ""};
  };
  const auto [first, why_a] = price(a);
  const auto [second, why_b] = price(b);
  rows.push_back({"Parts", first, second, "",
                  why_a.empty() && why_b.empty() ? ""
                                                 : (why_a.empty()   ? "B has " + why_b
                                                    : why_b.empty() ? "A has " + why_a
                                                                    : "both have " + why_a)});
}

View ViewOf(const Comparison& comparison) {
  View view;
  view.title = comparison.title_a + " and " + comparison.title_b;
  view.subtitle = "Comparison of two datasheets";
  size_t comparable = 0, all = 0;
  for (const auto& group : comparison.groups) {
    for (const Row& row : group.rows) {
      ++all;
      comparable += row.not_comparable.empty() ? 1 : 0;
    }
  }
  view.description = "A is " + comparison.title_a + ", B is " + comparison.title_b + ". " + std::to_string(comparable) +
                     " of " + std::to_string(all) +
                     " lines can be compared; the others say why not. Intervals are 95 %.";
  for (const auto& group : comparison.groups) {
    view.blocks.push_back({Block::kSection, group.title, {}, {}, {}});
    Table table{group.title, {"", "A", "B", "Comparison"}, {}, {}, false};
    for (const Row& row : group.rows) {
      table.rows.push_back({{row.what},
                            {row.a},
                            {row.b},
                            {row.not_comparable.empty() ? row.finding : "cannot be compared: " + row.not_comparable,
                             false, !row.not_comparable.empty()}});
    }
    view.blocks.push_back({Block::kTable, "", {}, std::move(table), {}});
  }
  return view;
}

}  // namespace

Comparison Compare(const Json& a, const Json& b) {
  Comparison result;
  result.title_a = TextAt(a, "/overview/title", "A");
  result.title_b = TextAt(b, "/overview/title", "B");
  const auto group = [&](const char* title) -> std::vector<Row>& {
    return result.groups.emplace_back(Comparison::Group{title, {}}).rows;
  };

  auto& identity = group("What they are");
  for (const auto& [what, pointer] : {std::pair{"Vendor", "/overview/vendor"}, std::pair{"Senses", "/overview/profile"},
                                      std::pair{"Revision", "/overview/revision"}, std::pair{"Date", "/overview/date"},
                                      std::pair{"Status", "/lifecycle/status"}}) {
    identity.push_back(TextRow(what, a, b, pointer));
  }
  const auto score = [](const Json& document) {
    return NumberText(std::floor(ScoreOf(document).score() * 1000) / 10, 4) + " %";
  };
  identity.push_back({"Template filled", score(a), score(b), "", ""});
  AddRates(a, b, group("How well they sense"));

  auto& speed = group("Speed, size and energy");
  AddObject(a, b, "/model/performance/latency", "Latency, ", speed);
  for (const char* key : {"inference_time", "macs", "parameters", "flash", "peak_memory"}) {
    const std::string pointer = std::string("/model/specification/0/") + key;
    speed.push_back(ValueRow(std::string_view(key) == "macs" ? "Multiply-accumulates" : Capital(Plain(key)),
                             Find(a, pointer), Find(b, pointer)));
  }
  AddEnergy(a, b, speed);

  auto& hardware = group("Hardware");
  AddObject(a, b, "/hardware/electrical", "", hardware);
  for (const char* key : {"length", "width", "height", "mass"}) {
    const std::string pointer = std::string("/hardware/mechanical/") + key;
    hardware.push_back(ValueRow(Capital(key), Find(a, pointer), Find(b, pointer)));
  }
  hardware.push_back(TextRow("I2C address", a, b, "/hardware/communication/i2c/address"));
  hardware.push_back(
      ValueRow("I2C rate", Find(a, "/hardware/communication/i2c/rate"), Find(b, "/hardware/communication/i2c/rate")));
  hardware.push_back(TextRow("Connector", a, b, "/hardware/communication/i2c/connector"));
  AddPrice(a, b, hardware);
  AddFootprint(a, b, hardware);

  auto& privacy = group("Privacy and support");
  for (const char* type : {"visual", "audio", "physiological", "location"}) {
    const std::string base = std::string("/model/privacy_label/data_types/") + type;
    privacy.push_back(TextRow(Capital(type) + std::string(" data"), a, b, base + "/collects"));
    if (TextAt(a, base + "/collects") != "yes" && TextAt(b, base + "/collects") != "yes") continue;
    for (const char* field : {"stored_on_device", "stored_in_cloud", "shared_with", "retention"})
      privacy.push_back(TextRow(Capital(type) + ", " + Plain(field), a, b, base + "/" + field));
  }
  privacy.push_back(TextRow("Security updates", a, b, "/model/privacy_label/security_updates"));
  privacy.push_back(TextRow("Vulnerability contact", a, b, "/lifecycle/vulnerability_contact"));
  privacy.push_back(TextRow("Update mechanism", a, b, "/lifecycle/update_mechanism"));
  return result;
}

std::string CompareHtml(const Json& a, const Json& b) { return PageHtml(ViewOf(Compare(a, b))); }
std::string CompareMarkdown(const Json& a, const Json& b) { return PageMarkdown(ViewOf(Compare(a, b))); }

std::vector<std::string> DiffLines(const Json& before, const Json& after) {
  std::vector<std::string> lines;
  for (const Json& change : Json::diff(before, after)) {
    const std::string pointer = TextAt(change, "/path");
    const Json* old_value = TextAt(change, "/op") == "add" ? nullptr : Find(before, pointer);
    const Json* new_value = Find(change, "/value");
    lines.push_back(pointer + ": " + (old_value != nullptr ? old_value->dump() : "none") + " -> " +
                    (new_value != nullptr ? new_value->dump() : "none"));
  }
  return lines;
}

}  // namespace mls::datasheet
