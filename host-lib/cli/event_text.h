// Events as JSON for programs and as text for people.
#pragma once

#include "mls/host/event.h"
#include "register_text.h"

namespace mls::cli {

Json EventToJson(const Event& event);
// Time, number, type, then what the type has to say.
std::string EventToText(const Event& event);

}  // namespace mls::cli
