// The module never touches the heap: every allocation function of the C library is counted.
#include <cstdlib>

#include "mls/core/module/frame_server.h"
#include "module_fixture.h"

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

class SilentWriter final : public FrameWriter {
 public:
  int frames = 0;

 private:
  Status DoWrite(std::span<const uint8_t>) override {
    ++frames;
    return Status::kOk;
  }
};

class ModuleHeap : public PersonModuleTest {};

TEST_F(ModuleHeap, StartStepsCommandsAndSerialRequestsAllocateNothing) {
#ifdef MLS_HEAP_IS_SANITIZED
  GTEST_SKIP() << "the sanitizer owns the heap";
#endif
  ASSERT_GT(allocations, 0) << "the counter does not count";
  fake_store.record.reserve(100);
  store = &fake_store;
  setup.expected_answer = 1;
  for (int i = 0; i < 100; ++i) source.Show(i % 2 == 0 ? 200 : 50);
  SilentWriter writer;

  const int before = allocations;
  const Status started = Start();
  FrameServer server(bank(), writer);
  int steps = 0;
  for (uint8_t i = 0; i < 100; ++i) {
    if (Step() == Status::kOk) ++steps;
    const std::array<uint8_t, 2> command{static_cast<uint8_t>(1 + i % 5), i};
    server.Feed(EncodeFrame({FrameOperation::kWrite, i, 0xEA, 2}, command).span(), clock.now_ms);
    server.Feed(EncodeFrame({FrameOperation::kRead, i, 0x40, 30}, {}).span(), clock.now_ms);
    server.Poll(clock.now_ms);
  }
  const int after = allocations;
  // The fake source's own queue gives memory back; it takes none.
  EXPECT_EQ(after, before);
  EXPECT_EQ(started, Status::kOk);
  EXPECT_EQ(steps, 100);
  EXPECT_EQ(writer.frames, 200);
}

TEST(ModuleSize, IsPrinted) {
  printf(
      "sizeof: Module %zu, RegisterBank %zu, EventFifo %zu, FrameServer %zu, KeywordPipeline %zu, PersonPipeline %zu\n",
      sizeof(Module), sizeof(RegisterBank), sizeof(EventFifo), sizeof(FrameServer), sizeof(KeywordPipeline),
      sizeof(PersonPipeline));
}

}  // namespace
}  // namespace mls
