#include "sha256.h"

#include <openssl/evp.h>

#include <fstream>
#include <stdexcept>
#include <vector>

namespace mls {
namespace {

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) throw std::runtime_error("libcrypto has no SHA-256");
  }
  void Add(std::span<const uint8_t> bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  Sha256 Finish() {
    Sha256 hash;
    EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr);
    return hash;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace

Sha256 Sha256Of(std::span<const uint8_t> bytes) {
  Digest digest;
  digest.Add(bytes);
  return digest.Finish();
}

Sha256 Sha256OfFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Digest digest;
  std::vector<uint8_t> block(1 << 16);
  while (file.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    digest.Add(std::span(block).first(static_cast<size_t>(file.gcount())));
  }
  if (!file.eof()) throw std::runtime_error(path.string() + ": cannot be read");
  return digest.Finish();
}

std::string ToHex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace mls
