// expect: windows overlap or exceed 32 bytes
#include "mls/interface/register_map.h"

#ifdef MUST_NOT_COMPILE
constexpr uint8_t kSecond = 0x1F;
#else
constexpr uint8_t kSecond = 0x20;
#endif
constexpr mls::WindowInfo kWindows[] = {{"a", 0x00, mls::kNotPaged, 32, ""}, {"b", kSecond, mls::kNotPaged, 32, ""}};
static_assert(mls::register_map::WindowsAreSound(kWindows), "windows overlap or exceed 32 bytes");
