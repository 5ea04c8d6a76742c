// Declared facts: what a person writes by hand about a product, in short form.
#pragma once

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// Turns short forms into value objects and signs them with the document's own declaration (/declaration: signer, date):
//   3.3                                   a value, declared
//   {"min": 3, "max": 3.6, "unit": "V"}   the same with a range
//   null                                  not disclosed
//   "not applicable"                      not applicable
// A value that has evidence already is left alone.
Json WithEvidence(Json facts);

}  // namespace mls::datasheet
