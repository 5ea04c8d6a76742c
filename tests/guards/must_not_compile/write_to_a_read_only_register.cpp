// expect: WritableRegister
#include "mls/interface/register_map.h"

#ifdef MUST_NOT_COMPILE
const auto kBytes = mls::EncodeWrite(mls::kReg<"result.score_permille">, 700);
#else
const auto kBytes = mls::EncodeWrite(mls::kReg<"config.high_threshold_permille">, 700);
#endif
