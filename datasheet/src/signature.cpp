#include "mls/datasheet/signature.h"

#include <memory>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <nlohmann/json.hpp>

namespace mls::datasheet {
namespace {

constexpr const char* kPayloadType = "application/vnd.in-toto+json";
constexpr const char* kStatementType = "https://in-toto.io/Statement/v1";
constexpr const char* kPredicateType = "urn:mlsensor:datasheet:1";

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Free>;
using Bio = std::unique_ptr<BIO, Free>;

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string ToBase64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), Bytes(bytes), static_cast<int>(bytes.size()));
  return text;
}

std::optional<std::string> FromBase64(const std::string& text) {
  if (text.size() % 4 != 0 || text.empty()) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), Bytes(text), static_cast<int>(text.size())) < 0)
    return std::nullopt;
  bytes.resize(bytes.size() - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0));
  return bytes;
}

std::string Hex(const unsigned char* bytes, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

// What DSSE signs: the type and the payload with their lengths, so that neither can be taken for the other.
std::string PreAuthenticated(const std::string& payload) {
  const std::string type = kPayloadType;
  return "DSSEv1 " + std::to_string(type.size()) + " " + type + " " + std::to_string(payload.size()) + " " + payload;
}

std::string KeyId(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return "";
  const std::string id = Sha256Hex({reinterpret_cast<char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return id;
}

Outcome<Key> ReadKey(const std::string& pem, bool is_private) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)
                     : PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  const char* expected = is_private ? "an Ed25519 private key (PKCS #8, PEM)" : "an Ed25519 public key (PEM)";
  if (key == nullptr) return Problem{"key", expected, "something else"};
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) return Problem{"key", expected, "a key of another kind"};
  return key;
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return Hex(digest, size);
}

Outcome<std::string> DatasheetSha256(const Json& document) {
  const auto text = Canonical(document);
  if (!text.ok()) return text.problem();
  return Sha256Hex(*text);
}

Outcome<KeyPair> MakeKeyPair() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Bio private_pem(BIO_new(BIO_s_mem()));
  const Bio public_pem(BIO_new(BIO_s_mem()));
  if (key == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(private_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_PUBKEY(public_pem.get(), key.get()) != 1) {
    return Problem{"key", "a new Ed25519 key", "an error of the crypto library"};
  }
  return KeyPair{TextOf(private_pem.get()), TextOf(public_pem.get())};
}

Outcome<Json> Sign(const Json& document, const std::string& private_pem) {
  auto key = ReadKey(private_pem, true);
  if (!key.ok()) return key.problem();
  const auto hash = DatasheetSha256(document);
  if (!hash.ok()) return hash.problem();
  const Json statement = {
      {"_type", kStatementType},
      {"subject", {{{"name", TextAt(document, "/overview/title", "datasheet")}, {"digest", {{"sha256", *hash}}}}}},
      {"predicateType", kPredicateType},
      {"predicate",
       {{"canonicalisation", "RFC 8785"},
        {"revision", TextAt(document, "/overview/revision")},
        {"model_sha256", TextAt(document, "/provenance/model_sha256")},
        {"firmware_sha256", TextAt(document, "/provenance/firmware_sha256")}}}};
  const auto payload = Canonical(statement);
  if (!payload.ok()) return payload.problem();
  const std::string message = PreAuthenticated(*payload);
  const MdContext context(EVP_MD_CTX_new());
  std::string signature(64, '\0');
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key->get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(message),
                     message.size()) != 1) {
    return Problem{"key", "a key that signs", "an error of the crypto library"};
  }
  return Json{{"payloadType", kPayloadType},
              {"payload", ToBase64(*payload)},
              {"signatures", {{{"keyid", KeyId(key->get())}, {"sig", ToBase64(signature)}}}}};
}

Outcome<Json> CheckSignature(const Json& document, const Json& envelope, const std::string& public_pem) {
  auto key = ReadKey(public_pem, false);
  if (!key.ok()) return key.problem();
  if (TextAt(envelope, "/payloadType") != kPayloadType) {
    return Problem{"/payloadType", std::string("\"") + kPayloadType + "\"",
                   "\"" + TextAt(envelope, "/payloadType") + "\""};
  }
  const auto payload = FromBase64(TextAt(envelope, "/payload"));
  if (!payload) return Problem{"/payload", "base64", "something else"};
  const std::string message = PreAuthenticated(*payload);
  bool verified = false;
  for (const Json& entry : ArrayAt(envelope, "/signatures")) {
    const auto signature = FromBase64(TextAt(entry, "/sig"));
    const MdContext context(EVP_MD_CTX_new());
    verified |=
        signature && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key->get()) == 1 &&
        EVP_DigestVerify(context.get(), Bytes(*signature), signature->size(), Bytes(message), message.size()) == 1;
  }
  if (!verified)
    return Problem{"/signatures", "a signature made with the key " + KeyId(key->get()).substr(0, 16), "none"};

  auto statement = Parse(*payload);
  if (!statement.ok()) return statement.problem();
  const auto hash = DatasheetSha256(document);
  if (!hash.ok()) return hash.problem();
  const std::string subject = TextAt(*statement, "/subject/0/digest/sha256");
  if (TextAt(*statement, "/_type") != kStatementType || TextAt(*statement, "/predicateType") != kPredicateType) {
    return Problem{"/payload", "an in-toto statement about a datasheet",
                   "\"" + TextAt(*statement, "/predicateType") + "\""};
  }
  if (subject != *hash) return Problem{"/payload/subject/0/digest/sha256", *hash + " (this datasheet)", subject};
  return statement;
}

}  // namespace mls::datasheet
