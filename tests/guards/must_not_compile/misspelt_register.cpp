// expect: ThereIsNoRegisterOfThatName
#include "mls/interface/register_map.h"

#ifdef MUST_NOT_COMPILE
const auto kAddress = mls::kReg<"result.score_promille">.kAddress;
#else
const auto kAddress = mls::kReg<"result.score_permille">.kAddress;
#endif
