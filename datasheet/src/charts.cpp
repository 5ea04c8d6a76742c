#include "charts.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace mls::datasheet {
namespace {

std::string Format(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string Format(const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  return text;
}

std::string Text(double x, double y, const char* attributes, const std::string& text) {
  return Format("<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes) + EscapeHtml(text) + "</text>";
}

std::string Line(double x1, double y1, double x2, double y2, const char* style) {
  return Format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>", x1, y1, x2, y2, style);
}

std::string Open(double width, double height, const std::string& title, const char* style) {
  return Format("<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" class=\"%s\" aria-label=\"", width, height, style) +
         EscapeHtml(title) + "; the numbers are in the table below\">";
}

// Horizontal bars with a whisker from lower to upper, a track to the end of the axis, and the number at the right. Long
// labels stand above their bars.
std::string Bars(const Chart& chart) {
  constexpr double kWidth = 440, kRight = 60, kLabelWidth = 168;
  constexpr size_t kLongestLabel = 19, kLongestLine = 58;
  const bool above = std::any_of(chart.bars.begin(), chart.bars.end(),
                                 [](const Bar& bar) { return bar.label.size() > kLongestLabel; });
  const double left = above ? 12 : kLabelWidth, row = above ? 46 : 28;
  const double span = kWidth - left - kRight;
  const double end = chart.x_max > 0 ? chart.x_max : 1;
  const double height = row * static_cast<double>(chart.bars.size()) + 30;
  const auto x = [&](double value) { return left + span * std::clamp(value / end, 0.0, 1.0); };
  std::string svg = Open(kWidth, height, chart.title, "wide-chart");
  for (size_t i = 0; i < chart.bars.size(); ++i) {
    const Bar& bar = chart.bars[i];
    const double bottom = row * static_cast<double>(i + 1), middle = bottom - 14;
    const std::string label = bar.label.size() > kLongestLine ? bar.label.substr(0, kLongestLine - 1) + "…" : bar.label;
    svg += above ? Text(left, bottom - 28, "", label) : Text(left - 10, middle + 4, "text-anchor=\"end\"", label);
    svg += Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\" class=\"track\"/>", left, middle - 8, span);
    svg += Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\" class=\"bar\"/>", left, middle - 8,
                  x(bar.value) - left);
    if (bar.upper > bar.lower) {
      svg += Line(x(bar.lower), middle, x(bar.upper), middle, "range");
      for (const double at : {bar.lower, bar.upper}) svg += Line(x(at), middle - 5, x(at), middle + 5, "range");
    }
    svg += Text(kWidth - kRight + 10, middle + 4, "", bar.text);
  }
  // A unit takes the room of two ticks.
  for (int i = 0; i <= 4; i += chart.x_label.empty() ? 1 : 2) {
    const double at = end * i / 4;
    svg += Text(x(at), height - 6, i == 0 && above ? "class=\"soft\"" : "text-anchor=\"middle\" class=\"soft\"",
                chart.x_label.empty() ? NumberText(at * 100, 3) + " %"
                                      : NumberText(at, 2) + (i == 4 ? " " + chart.x_label : ""));
  }
  return svg + "</svg>";
}

std::string Histogram(const Chart& chart) {
  constexpr double kWidth = 440, kHeight = 260, kLeft = 50, kBottom = 46, kTop = 10;
  const double step = (kWidth - kLeft) / static_cast<double>(std::max<size_t>(1, chart.bars.size()));
  const double base = kHeight - kBottom;
  std::string svg = Open(kWidth, kHeight, chart.title, "wide-chart");
  for (int i = 0; i <= 2; ++i) {
    const double y = base - (base - kTop) * i / 2;
    svg += Line(kLeft, y, kWidth, y, "axis") +
           Text(kLeft - 8, y + 4, "text-anchor=\"end\" class=\"soft\"", Pretty(std::round(chart.x_max * i / 2)));
  }
  for (size_t i = 0; i < chart.bars.size(); ++i) {
    const double height = (base - kTop) * chart.bars[i].value / chart.x_max;
    const double x = kLeft + step * static_cast<double>(i);
    svg += Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"bar\"/>", x + 2, base - height,
                  step - 4, height);
    if (i % 4 == 0) svg += Text(x, base + 18, "text-anchor=\"middle\" class=\"soft\"", chart.bars[i].label);
  }
  return svg + Text(kLeft + (kWidth - kLeft) / 2, kHeight - 6, "text-anchor=\"middle\" class=\"soft\"", chart.x_label) +
         "</svg>";
}

std::string Curve(const Chart& chart) {
  constexpr double kWidth = 440, kHeight = 320, kLeft = 64, kBottom = 52, kTop = 12, kRight = 14;
  const auto x = [&](double value) { return kLeft + (kWidth - kLeft - kRight) * std::clamp(value, 0.0, 1.0); };
  const auto y = [&](double value) {
    return kHeight - kBottom - (kHeight - kBottom - kTop) * std::clamp(value, 0.0, 1.0);
  };
  std::string svg = Open(kWidth, kHeight, chart.title, "wide-chart");
  for (int i = 0; i <= 4; ++i) {
    const double at = i / 4.0;
    svg += Line(x(0), y(at), x(1), y(at), "axis") + Line(x(at), y(0), x(at), y(1), "axis");
    svg += Text(x(0) - 8, y(at) + 4, "text-anchor=\"end\" class=\"soft\"", NumberText(at, 2)) +
           Text(x(at), y(0) + 18, "text-anchor=\"middle\" class=\"soft\"", NumberText(at, 2));
  }
  if (chart.diagonal) svg += Line(x(0), y(0), x(1), y(1), "chance");
  svg += "<polyline class=\"curve\" points=\"";
  for (const auto& [px, py] : chart.points) svg += Format("%.1f,%.1f ", x(px), y(py));
  svg += "\"/>" + Text(x(0.5), kHeight - 10, "text-anchor=\"middle\" class=\"soft\"", chart.x_label);
  return svg +
         Format("<text transform=\"translate(14 %.1f) rotate(-90)\" text-anchor=\"middle\" class=\"soft\">", y(0.5)) +
         EscapeHtml(chart.y_label) + "</text></svg>";
}

std::string Arrow(double x1, double y1, double x2, double y2) { return Line(x1, y1, x2, y2, "dimension"); }

// The board from above with its pins and transducer, and its height from the side, to one scale.
std::string Outline(const Chart& chart) {
  constexpr double kWidth = 520, kMargin = 70, kGap = 56;
  const double length = chart.bars[0].value, width = chart.bars[1].value, height = chart.bars[2].value;
  const double scale = std::min((kWidth - 2 * kMargin) / length, 260 / (width + height));
  const double w = length * scale, h = width * scale, side = std::max(4.0, height * scale);
  const double left = (kWidth - w) / 2, top = 34, below = top + h + kGap;
  std::string svg = Format("<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" class=\"wide-chart\" aria-label=\"", kWidth,
                           below + side + 12) +
                    EscapeHtml(chart.alt) + "\">";
  svg +=
      Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"6\" class=\"board\"/>", left, top, w, h);
  svg += Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\" class=\"board\"/>", left, below, w,
                side);
  if (!chart.labels.empty() && !chart.labels[0].empty()) {
    const double r = std::min(w, h) * 0.17;
    svg += Format(
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" class=\"lens\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" "
        "class=\"lens\"/>",
        left + w / 2, top + h / 2, r, left + w / 2, top + h / 2, r * 0.45);
    svg += Text(left + w / 2, top + h / 2 + r + 18, "text-anchor=\"middle\" class=\"soft\"", chart.labels[0]);
  }
  const size_t pins = chart.labels.size() - std::min<size_t>(1, chart.labels.size());
  for (size_t i = 0; i < pins && pins <= 16; ++i) {
    const double y = top + h * (static_cast<double>(i) + 0.5) / static_cast<double>(pins);
    svg += Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"6\" class=\"pad\"/>", left - 3, y - 3) +
           Text(left + 18, y + 5, "", chart.labels[i + 1]);
  }
  svg += Arrow(left, top - 10, left + w, top - 10) +
         Text(left + w / 2, top - 16, "text-anchor=\"middle\" class=\"soft\"", chart.bars[0].text);
  svg += Arrow(left + w + 12, top, left + w + 12, top + h) +
         Text(left + w + 20, top + h / 2 + 5, "class=\"soft\"", chart.bars[1].text);
  svg += Arrow(left + w + 12, below, left + w + 12, below + side) +
         Text(left + w + 20, below + side / 2 + 5, "class=\"soft\"", chart.bars[2].text);
  return svg + "</svg>";
}

}  // namespace

std::string EscapeHtml(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string ChartSvg(const Chart& chart) {
  switch (chart.kind) {
    case Chart::kBars: return Bars(chart);
    case Chart::kHistogram: return Histogram(chart);
    case Chart::kLine: return Curve(chart);
    case Chart::kOutline: return Outline(chart);
    case Chart::kMatrix: return "";
  }
  return "";
}

Table ChartTable(const Chart& chart) {
  if (chart.kind == Chart::kMatrix) return chart.matrix;
  Table table{chart.title, {}, {}, {}, false};
  if (chart.kind == Chart::kLine) {
    table.columns = {chart.x_label, chart.y_label};
    table.numeric = {true, true};
    for (const auto& [x, y] : chart.points) table.rows.push_back({{NumberText(x, 4)}, {NumberText(y, 4)}});
    return table;
  }
  const bool ranges = chart.kind == Chart::kBars && std::any_of(chart.bars.begin(), chart.bars.end(),
                                                                [](const Bar& bar) { return bar.upper > bar.lower; });
  table.columns = {chart.kind == Chart::kHistogram ? chart.x_label : "",
                   chart.y_label.empty() ? "Value" : chart.y_label};
  table.numeric = {false, true, true, true};
  if (ranges) table.columns.insert(table.columns.end(), {"Lower", "Upper"});
  for (const Bar& bar : chart.bars) {
    std::vector<Cell> row = {{bar.label}, {bar.text}};
    if (ranges) row.insert(row.end(), {{NumberText(bar.lower, 4)}, {NumberText(bar.upper, 4)}});
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace mls::datasheet
