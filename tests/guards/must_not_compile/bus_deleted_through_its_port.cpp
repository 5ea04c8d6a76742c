// expect: protected
#include "mls/interface/register_bus.h"

#ifdef MUST_NOT_COMPILE
void End(mls::RegisterBus* bus) { delete bus; }
#else
void End(mls::RegisterBus* bus);
#endif
