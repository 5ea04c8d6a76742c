#include "child_module.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "mls/datasheet/document.h"

namespace mls::datasheet {
namespace {

constexpr std::chrono::seconds kStartTime(30);
constexpr std::chrono::seconds kEndTime(5);
constexpr int kPipeBytes = 256 * 1024;

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) close(end);
    }
  }
  int Take(int index) { return std::exchange(ends[index], -1); }
  int ends[2] = {-1, -1};
};

// The first line that comes within kStartTime; what there is of it if the writer goes before that.
std::string ReadLine(int fd) {
  std::string line;
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (!line.ends_with('\n')) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd polled{fd, POLLIN, 0};
    char c = 0;
    if (left.count() <= 0 || poll(&polled, 1, static_cast<int>(left.count())) <= 0 || read(fd, &c, 1) != 1) break;
    line += c;
  }
  return line;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  // In memory where that can be: on a disk, thousands of links cost more than what they are for.
  const std::filesystem::path memory = "/dev/shm";
  const auto parent = access(memory.c_str(), W_OK | X_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  std::string name = (parent / "mls-measure-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path DefaultModuleProgram() {
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "mlsensor-module";
  return std::filesystem::exists(beside, error) ? beside : std::filesystem::path("mlsensor-module");
}

Outcome<std::unique_ptr<ChildModule>> ChildModule::Start(const std::filesystem::path& program,
                                                         std::vector<std::string> arguments, bool feeds_input) {
  std::unique_ptr<ChildModule> module(new ChildModule);
  std::string folder = (std::filesystem::temp_directory_path() / "mls-module-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return Problem{folder, "a folder that can be made", std::strerror(errno)};
  module->folder_ = folder;
  arguments.insert(arguments.begin(), program.string());
  arguments.insert(arguments.end(), {"--listen", "unix:" + folder + "/socket"});
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  Pipe input, output;
  const int errors = open((folder + "/errors").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  fcntl(input.ends[1], F_SETPIPE_SZ, kPipeBytes);
  module->pid_ = fork();
  if (module->pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0);  // Ctrl-C is for this program, which then ends the module.
    dup2(feeds_input ? input.ends[0] : nothing, STDIN_FILENO);
    dup2(output.ends[1], STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    execvp(argv[0], argv.data());
    dprintf(STDERR_FILENO, "%s: %s", argv[0], std::strerror(errno));
    _exit(127);
  }
  close(errors);
  close(nothing);
  if (module->pid_ < 0) return Problem{program.string(), "a process", std::strerror(errno)};
  close(output.Take(1));
  const std::string line = ReadLine(output.ends[0]);
  constexpr std::string_view kListening = " listening on ";
  const size_t at = line.find(kListening);
  if (at == std::string::npos) return Problem{program.string(), "a module that listens", module->LastWords()};
  module->uri_ = line.substr(at + kListening.size());
  module->uri_.erase(module->uri_.find_last_not_of('\n') + 1);
  if (feeds_input) module->input_ = input.Take(1);
  return module;
}

ChildModule::~ChildModule() {
  CloseInput();
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + kEndTime;
    while (waitpid(pid_, nullptr, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) kill(pid_, SIGKILL);
      usleep(1000);
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ChildModule::CloseInput() {
  if (input_ >= 0) close(std::exchange(input_, -1));
}

double ChildModule::InferringSeconds() const {
  // Fields 14 and 15, of which the second, a name in brackets, may hold blanks: see proc(5).
  const std::string pid = std::to_string(pid_);
  std::ifstream file("/proc/" + pid + "/task/" + pid + "/stat");
  std::string text;
  std::getline(file, text, '\0');
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user_ticks = 0, system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  return (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string ChildModule::LastWords() const {
  const auto text = ReadText((folder_ / "errors").string());
  if (!text.ok() || text->empty()) return "nothing on standard error";
  const std::string all = *text;
  return all.substr(all.size() > 600 ? all.size() - 600 : 0, all.find_last_not_of('\n') + 1);
}

}  // namespace mls::datasheet
