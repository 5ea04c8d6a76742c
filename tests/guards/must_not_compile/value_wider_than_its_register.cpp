// expect: overflow
#include "mls/interface/register_map.h"

#ifdef MUST_NOT_COMPILE
const auto kBytes = mls::EncodeWrite(mls::kReg<"control.page">, 300);
#else
const auto kBytes = mls::EncodeWrite(mls::kReg<"control.page">, 3);
#endif
