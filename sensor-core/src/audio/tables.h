// Constant tables of the audio front end; frontend.py describes and generates each.
#pragma once

#include <cstdint>

namespace mls::audio_tables {

#include "front_end_tables.inc"

}  // namespace mls::audio_tables
