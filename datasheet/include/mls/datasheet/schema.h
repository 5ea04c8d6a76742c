// The published schema of datasheets, and a validator for the JSON Schema draft-07 keywords that it uses.
#pragma once

#include <functional>
#include <vector>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// The schema of version 1, as checked in under datasheet/schema/.
const Json& DatasheetSchema();

// Every place where `document` breaks `schema`, in document order; empty when it is valid. Knows: $ref (to
// #/definitions), type, enum, const, pattern, minLength, minimum, maximum, exclusiveMinimum, required, properties,
// additionalProperties (a schema), items (one schema), minItems, allOf, anyOf, if and then. A schema with another
// keyword is refused with a problem that names it: nothing goes unchecked.
std::vector<Problem> ValidateAgainst(const Json& schema, const Json& document);

// ValidateAgainst(DatasheetSchema(), document).
std::vector<Problem> Validate(const Json& document);

// Calls `visit` with the pointer and the node of everything in a datasheet that the schema calls a value, in document
// order.
void VisitValues(const Json& document, const std::function<void(const std::string&, const Json&)>& visit);
// The same for a document that is being made; `visit` may replace the node.
void EditValues(Json& document, const std::function<void(const std::string&, Json&)>& visit);

}  // namespace mls::datasheet
