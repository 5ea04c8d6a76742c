// Prepare and Invoke never touch the heap: every allocation function of the C library is counted.
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"
#include "small_models.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MLS_HEAP_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MLS_HEAP_IS_SANITIZED 1
#endif
#endif

namespace {
int allocations = 0;
}

#ifndef MLS_HEAP_IS_SANITIZED
// glibc lets a program define these; operator new calls malloc.
extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* memory, size_t bytes);
void* malloc(size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, size_t bytes) {
  ++allocations;
  return __libc_realloc(memory, bytes);
}
}
#endif

namespace mls {
namespace {

TEST(EngineHeap, PrepareAndInvokeAllocateNothing) {
#ifdef MLS_HEAP_IS_SANITIZED
  GTEST_SKIP() << "the sanitizer owns the heap";
#endif
  const auto model = test::SmallNetwork().Build();
  std::vector<std::byte> arena(16 * 1024);
  static InferenceEngine engine;
  Diagnostics why;
  const int before = allocations;
  ASSERT_GT(before, 0) << "the counter does not count";
  const Status refused = engine.Prepare(std::span(model).first(200), arena, engine::AllOperators(), &why);
  const Status prepared = engine.Prepare(model, arena, engine::AllOperators(), &why);
  const Status first = engine.Invoke();
  const Status second = engine.Invoke();
  const int after = allocations;
  EXPECT_EQ(after, before);
  EXPECT_NE(refused, Status::kOk);
  EXPECT_EQ(prepared, Status::kOk);
  EXPECT_EQ(first, Status::kOk);
  EXPECT_EQ(second, Status::kOk);
}

}  // namespace
}  // namespace mls
