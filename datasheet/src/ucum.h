// Unit codes of the Unified Code for Units of Measure, as far as sensors need them.
#pragma once

#include <string_view>

namespace mls::datasheet {

// Whether `unit` is a case-sensitive UCUM code: units with metric or binary prefixes and exponents, joined by "." and
// "/", numbers, annotations in braces. Parentheses and units that no sensor states are not known.
bool IsUcum(std::string_view unit);

}  // namespace mls::datasheet
