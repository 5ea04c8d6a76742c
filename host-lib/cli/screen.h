// The whole terminal, for as long as this object lives.
#pragma once

#include <memory>
#include <vector>

#include "live_view.h"

namespace mls::cli {

class Screen {
 public:
  // Null: standard output is no terminal that can be drawn on.
  static std::unique_ptr<Screen> Open();
  ~Screen();  // Leaves the terminal as it was.
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  bool is_utf8() const { return is_utf8_; }
  // As of the last ReadKey, which notices a change.
  size_t rows() const;
  size_t columns() const;
  void Show(const std::vector<Line>& lines);
  // The next key that was pressed, as a character; 0 for any other key and for a new size, -1 for none. Does not wait.
  int ReadKey();

 private:
  Screen() = default;
  void* terminal_ = nullptr;
  bool is_utf8_ = false;
};

}  // namespace mls::cli
