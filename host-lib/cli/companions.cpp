#include "companions.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace mls::cli {

void RunCompanion(char** argv, std::string& error) {
  if (argv[0] == nullptr || argv[1] == nullptr) return;
  const auto companion = std::ranges::find(kCompanions, std::string_view(argv[1]), &Companion::command);
  if (companion == std::end(kCompanions)) return;
  std::error_code ignored;
  const std::string beside = (std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / companion->program).string();
  execv(beside.c_str(), argv + 1);
  if (errno == ENOENT) execvp(companion->program, argv + 1);
  error = std::string(companion->program) + " cannot be started: " + std::strerror(errno) + "; it is installed beside mlsensor, or found by PATH";
}

}  // namespace mls::cli
