// Writes everything that is made from the register map, or checks that what is checked in still matches it.
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "exports.h"

namespace {
using namespace mls::exports;
namespace fs = std::filesystem;

constexpr const char* kUsage =
    "Usage: mls-export-registers OUT_DIR         write the files below OUT_DIR\n"
    "       mls-export-registers --check DIR     compare the files below DIR with what would be written\n"
    "       mls-export-registers --baseline      print the map as a baseline: what a major version freezes\n"
    "The repository's root is the folder to give for the checked-in files.\n";

struct Export {
  const char* path;
  std::string (*text)();
};
constexpr Export kExports[] = {
    {"interface/exports/register_map.json", RegisterMapJson},
    {"interface/exports/mlsensor_registers.h", CHeader},
    {"interface/exports/mlsensor_registers.py", PythonModule},
    {"interface/golden/wire.json", WireVectors},
    {"docs/register-map.md", ReferencePage},
};

bool WriteFile(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "mls-export-registers: cannot write %s\n", path.c_str());
  return file.good();
}

bool CheckFile(const fs::path& path, const std::string& expected) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (file && text.str() == expected) return true;
  std::fprintf(stderr, "mls-export-registers: %s is not what the register map gives; run the target export-registers\n",
               path.c_str());
  return false;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--baseline") == 0) {
    std::fputs(Baseline().c_str(), stdout);
    return 0;
  }
  const bool check = argc == 3 && std::strcmp(argv[1], "--check") == 0;
  if (!check && (argc != 2 || argv[1][0] == '-')) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const fs::path root = argv[argc - 1];
  bool good = true;
  for (const Export& e : kExports)
    good &= check ? CheckFile(root / e.path, e.text()) : WriteFile(root / e.path, e.text());
  return good ? 0 : 1;
}
