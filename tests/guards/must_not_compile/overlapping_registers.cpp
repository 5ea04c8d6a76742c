// expect: registers overlap
#include "mls/interface/register_map.h"

using namespace mls::register_map;
constexpr mls::WindowInfo kWindows[] = {{"a", 0x00, mls::kNotPaged, 4, ""}};
#ifdef MUST_NOT_COMPILE
constexpr uint8_t kSecond = 0;
#else
constexpr uint8_t kSecond = 1;
#endif
constexpr mls::RegisterInfo kRegisters[] = {
    U8(0, 0, "a.x", kReadOnly, "", ""), U8(0, kSecond, "a.y", kReadOnly, "", ""), Crc(0, 2, "a.crc")};
static_assert(RegistersAreSound(kWindows, kRegisters), "registers overlap");
