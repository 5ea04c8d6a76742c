#include <algorithm>

#include <nlohmann/json.hpp>

#include "charts.h"
#include "embedded.h"
#include "mls/datasheet/render.h"
#include "pages.h"

namespace mls::datasheet {
namespace {

std::string KindText(std::string kind) {
  std::replace(kind.begin(), kind.end(), '_', ' ');
  return kind;
}

std::string CellHtml(const Cell& cell) {
  const bool is_hash = cell.text.size() > 30 && cell.text.find(' ') == std::string::npos;
  if (cell.is_soft) return "<span class=\"aside\">" + EscapeHtml(cell.text) + "</span>";
  if (!cell.is_kind_of_evidence) return is_hash ? "<code>" + EscapeHtml(cell.text) + "</code>" : EscapeHtml(cell.text);
  return "<span class=\"kind " + EscapeHtml(cell.text) + "\">" + EscapeHtml(KindText(cell.text)) + "</span>";
}

// Names and their values, rather than columns of one kind each.
bool IsPairs(const Table& table) {
  static const char* const kNames[] = {"", "Field", "Topic", "At a glance"};
  return table.columns.size() == 2 && table.numeric.empty() &&
         std::find(std::begin(kNames), std::end(kNames), table.columns[0]) != std::end(kNames);
}

std::string TableHtml(const Table& table) {
  const auto numeric = [&](size_t column) {
    return column < table.numeric.size() && table.numeric[column] ? " class=\"n\"" : "";
  };
  std::string html = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" + EscapeHtml(table.caption) +
                     "\"><table" + (IsPairs(table) ? " class=\"pair\"" : "") + "><caption>" +
                     EscapeHtml(table.caption) + "</caption><thead><tr>";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    html += table.columns[i].empty()
                ? "<td></td>"
                : std::string("<th scope=\"col\"") + numeric(i) + ">" + EscapeHtml(table.columns[i]) + "</th>";
  }
  html += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      html += i == 0 ? "<th scope=\"row\">" + CellHtml(row[i]) + "</th>"
                     : std::string("<td") + numeric(i) + ">" + CellHtml(row[i]) + "</td>";
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (!table.folded) return html;
  return "<details class=\"long\"><summary>" + EscapeHtml(table.caption) + " (" + std::to_string(table.rows.size()) +
         " rows)</summary>\n" + html + "</details>\n";
}

// A confusion matrix is a table already: shaded by the share of its row.
std::string MatrixHtml(const Table& matrix) {
  std::string html = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" + EscapeHtml(matrix.caption) +
                     "\"><table class=\"matrix\"><thead><tr>";
  for (const std::string& column : matrix.columns) html += "<th scope=\"col\">" + EscapeHtml(column) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (const auto& row : matrix.rows) {
    double sum = 0;
    for (size_t i = 1; i < row.size(); ++i) sum += std::atof(row[i].text.c_str());
    html += "<tr><th scope=\"row\">" + EscapeHtml(row[0].text) + "</th>";
    for (size_t i = 1; i < row.size(); ++i) {
      const double share = sum > 0 ? std::atof(row[i].text.c_str()) / sum : 0;
      const bool hit = i < matrix.columns.size() && matrix.columns[i] == row[0].text;
      html += std::string("<td") + (hit ? " class=\"hit\"" : "") +
              " style=\"background:color-mix(in srgb, var(--bar) " + NumberText(share * 45, 2) + "%, transparent)\">" +
              EscapeHtml(row[i].text) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>";
}

std::string ChartHtml(const Chart& chart) {
  const bool broad = chart.kind == Chart::kMatrix && chart.matrix.columns.size() > 5;
  std::string html = std::string("<figure") + (broad ? " class=\"broad\"" : "") + "><figcaption>" +
                     EscapeHtml(chart.title) + "</figcaption>";
  if (chart.kind == Chart::kMatrix) return html + MatrixHtml(chart.matrix) + "</figure>\n";
  if (chart.kind == Chart::kOutline)
    return html + ChartSvg(chart) + "<p class=\"small\">" + EscapeHtml(chart.alt) + "</p></figure>\n";
  return html + ChartSvg(chart) + "<details><summary>Numbers</summary>" + TableHtml(ChartTable(chart)) +
         "</details></figure>\n";
}

std::string ListHtml(const std::vector<std::string>& items) {
  std::string html = "<ul>";
  for (const std::string& item : items) html += "<li>" + EscapeHtml(item) + "</li>";
  return html + "</ul>";
}

std::string CardsHtml(const std::vector<Card>& cards) {
  std::string html = "<div class=\"cards\">\n";
  for (const Card& card : cards)
    html += "<section class=\"card\"><h3>" + EscapeHtml(card.title) + "</h3>" + ListHtml(card.items) + "</section>\n";
  return html + "</div>\n";
}

std::string FlowHtml(const std::string& name, const std::vector<Card>& stages) {
  std::string html = "<ol class=\"flow\" aria-label=\"" + EscapeHtml(name) + "\">\n";
  for (const Card& stage : stages) {
    html += "<li><strong>" + EscapeHtml(stage.title) + "</strong>";
    for (const std::string& item : stage.items) {
      const size_t colon = item.find(": ");
      html += "<span><span class=\"key\">" + EscapeHtml(item.substr(0, colon)) + "</span> " +
              EscapeHtml(item.substr(colon + 2)) + "</span>";
    }
    html += "</li>\n";
  }
  return html + "</ol>\n";
}

std::string Anchor(size_t number) { return "section-" + std::to_string(number); }

}  // namespace

std::string RenderHtml(const Json& document) { return PageHtml(MakeView(document)); }

std::string PageHtml(const View& view) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>" +
      EscapeHtml(view.title) + " – datasheet</title>\n<style>\n" + std::string(kPageCss) +
      "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">To the content</a>\n<header>\n<div "
      "class=\"page\">\n<p class=\"over\">" +
      EscapeHtml(view.subtitle) + "</p>\n<h1>" + EscapeHtml(view.title) + "</h1>\n<p class=\"lead\">" +
      EscapeHtml(view.description) + "</p>\n<ul class=\"marks\">";
  for (const std::string& mark : view.marks) html += "<li>" + EscapeHtml(mark) + "</li>";
  html += "</ul>\n</div>\n</header>\n<div class=\"page\">\n";
  if (!view.key_facts.empty()) {
    html += "<dl class=\"facts\">";
    for (const KeyFact& fact : view.key_facts) {
      html += "<div><dt>" + EscapeHtml(fact.label) + "</dt><dd class=\"big\">" + EscapeHtml(fact.value) +
              "</dd><dd class=\"small\">" + EscapeHtml(fact.detail) + "</dd></div>\n";
    }
    html += "</dl>\n";
  }
  html += "<div class=\"body\">\n<nav aria-label=\"Sections\"><ol>";
  size_t number = 0;
  for (const Block& block : view.blocks) {
    if (block.kind == Block::kSection)
      html += "<li><a href=\"#" + Anchor(++number) + "\">" + EscapeHtml(block.text) + "</a></li>";
  }
  html += "</ol></nav>\n<main id=\"content\">\n";
  number = 0;
  bool in_charts = false;  // neighbours stand side by side
  for (const Block& block : view.blocks) {
    if ((block.kind == Block::kChart) != in_charts) {
      html += in_charts ? "</div>\n" : "<div class=\"charts\">\n";
      in_charts = !in_charts;
    }
    switch (block.kind) {
      case Block::kSection:
        ++number;
        html += "<h2 id=\"" + Anchor(number) + "\"><span class=\"number\">" + std::to_string(number) + "</span>" +
                EscapeHtml(block.text) + "</h2>\n";
        break;
      case Block::kHeading: html += "<h3>" + EscapeHtml(block.text) + "</h3>\n"; break;
      case Block::kParagraph: html += "<p>" + EscapeHtml(block.text) + "</p>\n"; break;
      case Block::kCards: html += CardsHtml(block.cards); break;
      case Block::kFlow: html += FlowHtml(block.text, block.cards); break;
      case Block::kTable: html += TableHtml(block.table); break;
      case Block::kChart: html += ChartHtml(block.chart); break;
    }
  }
  if (in_charts) html += "</div>\n";
  return html +
         "</main>\n</div>\n<footer><p>Made by mlsensor-datasheet from one JSON document. Kinds of evidence: measured "
         "(with a run and the hash of its data), derived (with a formula), "
         "declared (with a signer), not disclosed (counts as missing).</p></footer>\n</div>\n</body>\n</html>\n";
}

}  // namespace mls::datasheet
