// What the pages show, before it becomes HTML or Markdown: headings, text, tables and charts in reading order.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

struct Cell {
  std::string text;
  bool is_kind_of_evidence = false;  // shown as a mark
  bool is_soft = false;              // an aside
};

struct Table {
  std::string caption;
  std::vector<std::string> columns;
  std::vector<bool> numeric;  // by column; shorter means "not"
  std::vector<std::vector<Cell>> rows;
  bool folded = false;  // long reference tables open on demand
};

struct Bar {
  std::string label;
  double value = 0;
  double lower = 0;  // equal to value where there is no range
  double upper = 0;
  std::string text;
};

struct Chart {
  enum Kind { kBars, kHistogram, kLine, kMatrix, kOutline } kind = kBars;
  std::string title;
  std::string x_label;
  std::string y_label;
  double x_max = 1;                               // bars: end of the axis
  std::vector<Bar> bars;                          // kBars and kHistogram
  std::vector<std::pair<double, double>> points;  // kLine, both axes 0 to 1
  bool diagonal = false;                          // kLine: where chance would be
  Table matrix;                                   // kMatrix: rows are true labels, columns decisions
  std::vector<std::string>
      labels;  // kOutline: the part in the middle, then the pins; bars are length, width and height in mm
  std::string alt;                                // kOutline: the drawing in words
};

struct KeyFact {
  std::string label;
  std::string value;
  std::string detail;
};

// Neighbours of this kind stand side by side where there is room.
struct Card {
  std::string title;
  std::vector<std::string> items;
};

struct Block {
  enum Kind { kSection, kHeading, kParagraph, kCards, kFlow, kTable, kChart } kind;
  std::string text;
  std::vector<Card> cards;  // kCards; kFlow: one per stage
  Table table;
  Chart chart;
};

struct View {
  std::string title;
  std::string subtitle;
  std::string description;
  std::vector<std::string> marks;
  std::vector<KeyFact> key_facts;
  std::vector<Block> blocks;
};

View MakeView(const Json& document);

// "false_positive_rate" as "false positive rate".
std::string Plain(std::string key);
// With a capital letter at its beginning.
std::string Capital(std::string text);
// UCUM codes as people write units: "uJ" is "µJ", "Cel" is "°C".
std::string UnitText(const std::string& ucum);
// 2589184 as "2 589 184" (with thin spaces), 0.92512 as "0.9251".
std::string Pretty(double value);
// Rounded to two digits of the uncertainty of the value object `of`, if it has one.
double ToSignificance(double value, const Json& of);
// A value object in one line: "3.0 to 3.6 V", "not disclosed".
std::string ValueText(const Json& value);
// "2.5 %", with the interval where there is one.
std::string RateText(const Json& metric, bool with_interval);

}  // namespace mls::datasheet
