#include "arena_map.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "model.h"
#include "planner.h"

namespace {

std::string Format(const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

std::string Escape(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') escaped += "&amp;";
    else if (c == '<') escaped += "&lt;";
    else escaped += c;
  }
  return escaped;
}

}  // namespace

std::vector<ArenaBlock> MapArena(std::span<const uint8_t> model, std::span<std::byte> arena,
                                 mls::OperatorSet operators) {
  mls::InferenceEngine engine;
  mls::engine::Planner planner(arena, operators, nullptr);
  if (planner.Plan(model, engine) != mls::Status::kOk) return {};
  // What the planner kept about the blocks is there until the model runs.
  const auto blocks = planner.blocks();
  const uint32_t skipped =
      static_cast<uint32_t>(-reinterpret_cast<uintptr_t>(arena.data()) % mls::engine::kBlockAlignment);
  const uint32_t start = skipped + (engine.plan_bytes() + mls::engine::kBlockAlignment - 1) /
                                       mls::engine::kBlockAlignment * mls::engine::kBlockAlignment;
  std::vector<ArenaBlock> map;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const mls::engine::Block& block = blocks[blocks.size() - 1 - i];
    if (!block.placeable()) continue;
    const bool tensor = i < planner.tensor_count();
    map.push_back({tensor ? "tensor " + std::to_string(i) : "scratch of operator " + std::to_string(block.first),
                   start + block.offset, block.bytes, block.first, block.last});
  }
  std::ranges::stable_sort(map, {}, &ArenaBlock::first);
  return map;
}

std::vector<std::string> OperatorNames(std::span<const uint8_t> bytes) {
  mls::engine::Model model;
  std::vector<std::string> names;
  if (model.Open(bytes) != nullptr) return names;
  for (uint32_t i = 0; i < model.operator_count(); ++i) {
    mls::engine::OperatorRecord record;
    const char* name =
        model.ReadOperator(i, record) == nullptr ? mls::engine::BuiltinOperatorName(record.code) : nullptr;
    names.push_back(name != nullptr ? name : "operator of code " + std::to_string(record.code));
  }
  return names;
}

std::string DrawArena(const std::vector<ArenaBlock>& blocks, uint32_t arena_bytes, uint32_t plan_bytes,
                      const std::string& title) {
  constexpr double kLeft = 70, kTop = 40, kHeight = 420, kWidth = 860;
  int last = 0;
  for (const ArenaBlock& block : blocks) last = std::max(last, block.last);
  const double step = kWidth / (last + 2), byte = kHeight / arena_bytes;
  const auto x = [&](int time) { return kLeft + (time + 1) * step; };
  const auto y = [&](uint32_t address) { return kTop + kHeight - address * byte; };
  std::string svg = Format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 520\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"960\" height=\"520\" fill=\"white\"/>\n<text x=\"%g\" y=\"22\" font-size=\"15\">",
      kLeft);
  svg += Escape(title) + Format(": %u bytes of arena</text>\n", arena_bytes);
  const auto box = [&](const std::string& name, uint32_t offset, uint32_t bytes, int from, int to, const char* color) {
    const double left = x(from), width = x(to + 1) - left, height = bytes * byte;
    svg += Format(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" fill-opacity=\"0.75\" stroke=\"#333\" "
        "stroke-width=\"0.6\"><title>%s: %u bytes at %u</title></rect>\n",
        left, y(offset + bytes), width, std::max(height, 0.5), color, name.c_str(), bytes, offset);
    // Only where there is room for it.
    if (width > 8.0 * static_cast<double>(name.size()) && height > 13) {
      svg += Format("<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", left + 4, y(offset) - height / 2 + 4, name.c_str());
    }
  };
  box("plan", 0, plan_bytes, -1, last, "#bbbbbb");
  for (const ArenaBlock& block : blocks) {
    const bool scratch = block.name[0] == 's';
    box(block.name, block.offset, block.bytes, block.first, block.last,
        scratch                ? "#e8a33d"
        : block.first % 2 == 0 ? "#4c8bca"
                               : "#7cc0a4");
  }
  for (int i = 0; i <= 4; ++i) {
    const auto address = static_cast<uint32_t>(uint64_t{arena_bytes} * static_cast<uint32_t>(i) / 4);
    svg += Format("<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%u</text>\n", kLeft - 6, y(address) + 4, address);
  }
  const int every = std::max(1, last / 20);
  for (int i = 0; i < last; i += every) {
    svg += Format("<text x=\"%.1f\" y=\"%g\">%d</text>\n", x(i), kTop + kHeight + 18, i);
  }
  svg += Format(
      "<text x=\"%g\" y=\"%g\">operator (blue and green: tensors; orange: scratch; grey: the plan)</text>\n</svg>\n",
      kLeft, kTop + kHeight + 40);
  return svg;
}
