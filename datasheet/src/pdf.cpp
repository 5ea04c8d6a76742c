// Pages on paper, printed by a browser that is installed.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "mls/datasheet/pdf.h"

namespace mls::datasheet {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{60};

// MLS_BROWSER, else the first browser of the Chromium family in PATH.
std::string FindBrowser() {
  if (const char* given = std::getenv("MLS_BROWSER"); given != nullptr && *given != '\0') return given;
  const char* const path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "/usr/bin:/bin";
  for (size_t begin = 0; begin <= folders.size();) {
    const size_t end = std::min(folders.find(':', begin), folders.size());
    for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}) {
      const std::string file = folders.substr(begin, end - begin) + "/" + name;
      if (access(file.c_str(), X_OK) == 0) return file;
    }
    begin = end + 1;
  }
  return "";
}

// A folder that goes when this goes.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "mlsensor-datasheet-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs a program without its output; false where it cannot be started, fails or does not end.
bool Run(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    setpgid(0, 0);
    const int nowhere = open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) dup2(nowhere, fd);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Outcome<bool> WritePdf(const std::string& html, const std::string& path) {
  const std::string browser = FindBrowser();
  if (browser.empty()) {
    return Problem{path,
                   "a browser that prints pages: Chromium or Chrome in PATH (Debian package chromium), or MLS_BROWSER",
                   "none"};
  }
  const Scratch scratch;
  const std::string page = scratch.path() + "/page.html", paper = scratch.path() + "/page.pdf";
  if (!(std::ofstream(page, std::ios::binary) << html << std::flush))
    return Problem{page, "a file that can be written", "a write error"};
  std::vector<std::string> words = {browser,
                                    "--headless",
                                    "--disable-gpu",
                                    "--no-first-run",
                                    "--disable-extensions",
                                    "--no-pdf-header-footer",
                                    "--user-data-dir=" + scratch.path() + "/profile",
                                    "--print-to-pdf=" + paper,
                                    "file://" + page};
  if (geteuid() == 0) words.insert(words.begin() + 1, "--no-sandbox");  // the browser's sandbox does not work for root
  std::error_code error;
  if (!Run(words) || fs::file_size(paper, error) == 0 || error) {
    return Problem{path, "a PDF from " + browser,
                   "none within " + std::to_string(kPatience.count()) + " s, or an error"};
  }
  const std::string part = path + ".part";  // beside the target: the scratch folder may be on another disk
  fs::copy_file(paper, part, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(part, path, error);
  if (error) return Problem{path, "a file that can be written", error.message()};
  return true;
}

}  // namespace mls::datasheet
