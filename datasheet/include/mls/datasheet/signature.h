// Canonical JSON, hashes and signatures: how a reader knows that a datasheet is the one its signer wrote.
#pragma once

#include <string>
#include <string_view>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// Canonical JSON (RFC 8785): keys in UTF-16 order, numbers as ECMAScript writes them, no white space. Integers that a
// 64-bit float cannot hold have no canonical form and are refused.
Outcome<std::string> Canonical(const Json& document);

// SHA-256 as 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

// SHA-256 of the canonical form: the number that a module carries as `datasheet_hash`.
Outcome<std::string> DatasheetSha256(const Json& document);

struct KeyPair {
  std::string private_pem;  // PKCS #8
  std::string public_pem;   // SubjectPublicKeyInfo
};
// A new Ed25519 key pair.
Outcome<KeyPair> MakeKeyPair();

// Signs a datasheet. The result is a DSSE envelope (payload type application/vnd.in-toto+json) around an in-toto
// Statement v1 whose subject is the datasheet by its SHA-256; the payload is canonical JSON and the signature is
// Ed25519.
Outcome<Json> Sign(const Json& document, const std::string& private_pem);

// Checks that the envelope was signed with that key and speaks about this very datasheet. The result is the statement.
Outcome<Json> CheckSignature(const Json& document, const Json& envelope, const std::string& public_pem);

}  // namespace mls::datasheet
