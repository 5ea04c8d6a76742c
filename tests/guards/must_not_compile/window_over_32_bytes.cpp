// expect: windows overlap or exceed 32 bytes
#include "mls/interface/register_map.h"

constexpr mls::WindowInfo Window(uint8_t size_bytes) { return {"big", 0x00, mls::kNotPaged, size_bytes, ""}; }

#ifdef MUST_NOT_COMPILE
constexpr mls::WindowInfo kWindows[] = {Window(33)};
#else
constexpr mls::WindowInfo kWindows[] = {Window(32)};
#endif
static_assert(mls::register_map::WindowsAreSound(kWindows), "windows overlap or exceed 32 bytes");
