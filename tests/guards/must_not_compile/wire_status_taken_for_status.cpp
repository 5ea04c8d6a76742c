// expect: WireStatus
#include "mls/interface/register_values.h"

#ifdef MUST_NOT_COMPILE
mls::Status Answer(mls::WireStatus wire) { return wire; }
#else
mls::Status Answer(mls::WireStatus wire) { return ToStatus(wire); }
#endif
