// expect: nodiscard
#include "mls/interface/windows.h"

#ifdef MUST_NOT_COMPILE
void Read(std::span<const uint8_t> bytes) { mls::DecodeWindow<mls::LatestResult>(bytes); }
#else
bool Read(std::span<const uint8_t> bytes) { return mls::DecodeWindow<mls::LatestResult>(bytes).ok(); }
#endif
