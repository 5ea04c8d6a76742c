// How the datasheet library reports failure: a value, or a problem that a person can act on.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace mls::datasheet {

// One thing that is wrong: where, what was expected, what was found.
struct Problem {
  std::string where;     // JSON pointer ("/overview/title"; "" is the whole document), file name, or "line 3, column 7"
  std::string expected;
  std::string found;

  std::string text() const {
    return (where.empty() ? "document" : where) + ": expected " + expected + ", found " + found;
  }
};

// A value or the problem that prevented it. Reading the value of a failed outcome throws std::bad_variant_access.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}            // NOLINT: implicit by design
  Outcome(Problem problem) : state_(std::in_place_index<1>, std::move(problem)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  const Problem& problem() const { return std::get<1>(state_); }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

 private:
  std::variant<T, Problem> state_;
};

}  // namespace mls::datasheet
