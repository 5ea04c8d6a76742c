// Overwrites memory that held a picture or a sound; the compiler may not leave that out.
#pragma once

#include <string.h>

#include <vector>

namespace mls {

template <typename T>
void Wipe(std::vector<T>& values) {
  if (values.empty()) return;
  explicit_bzero(values.data(), values.size() * sizeof(T));
}

}  // namespace mls
