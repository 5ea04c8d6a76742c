#include <algorithm>

#include <nlohmann/json.hpp>

#include "charts.h"
#include "mls/datasheet/render.h"
#include "pages.h"

namespace mls::datasheet {
namespace {

// Text that neither ends a cell nor starts markup.
std::string Safe(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\n') {
      safe += ' ';
    } else {
      if (c == '|' || c == '*' || c == '_' || c == '<' || c == '`' || c == '[' || c == '\\') safe += '\\';
      safe += c;
    }
  }
  return safe;
}

std::string TableText(const Table& table) {
  std::string text = "**" + Safe(table.caption) + "**\n\n|";
  for (const std::string& column : table.columns) text += " " + Safe(column) + " |";
  text += "\n|";
  for (size_t i = 0; i < table.columns.size(); ++i)
    text += i < table.numeric.size() && table.numeric[i] ? "---:|" : "---|";
  for (const auto& row : table.rows) {
    text += "\n|";
    for (Cell cell : row) {
      if (cell.is_kind_of_evidence) std::replace(cell.text.begin(), cell.text.end(), '_', ' ');
      text += " " + Safe(cell.text) + " |";
    }
  }
  return text + "\n\n";
}

std::string CardsText(const std::vector<Card>& cards, const char* before) {
  std::string text;
  for (const Card& card : cards) {
    text += before + Safe(card.title) + "\n\n";
    for (const std::string& item : card.items) text += "- " + Safe(item) + "\n";
    text += "\n";
  }
  return text;
}

}  // namespace

std::string PageMarkdown(const View& view) {
  std::string text = "# " + Safe(view.title) + "\n\n" + Safe(view.subtitle) + "\n\n" + Safe(view.description) + "\n\n";
  for (const std::string& mark : view.marks) text += "- " + Safe(mark) + "\n";
  text += "\n";
  Table facts{"Key facts", {"What", "Value", "Detail"}, {}, {}, false};
  for (const KeyFact& fact : view.key_facts) facts.rows.push_back({{fact.label}, {fact.value}, {fact.detail}});
  if (!facts.rows.empty()) text += TableText(facts);
  for (const Block& block : view.blocks) {
    switch (block.kind) {
      case Block::kSection: text += "## " + Safe(block.text) + "\n\n"; break;
      case Block::kHeading: text += "### " + Safe(block.text) + "\n\n"; break;
      case Block::kParagraph: text += Safe(block.text) + "\n\n"; break;
      case Block::kCards: text += CardsText(block.cards, "### "); break;
      case Block::kFlow: text += CardsText(block.cards, "#### "); break;
      case Block::kTable: text += TableText(block.table); break;
      case Block::kChart: text += TableText(ChartTable(block.chart)); break;
    }
  }
  return text;
}

std::string RenderMarkdown(const Json& document) { return PageMarkdown(MakeView(document)); }

}  // namespace mls::datasheet
