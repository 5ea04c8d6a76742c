// The program `mlsensor` as a user runs it, against a module that this test serves.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "frame_test_server.h"
#include "mls/host/names.h"
#include "sensor_fixture.h"

extern char** environ;

namespace mls::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The program while it runs.
class Program {
 public:
  // `terminal`: it has that one, and `out` and `err` stay empty.
  explicit Program(std::vector<std::string> arguments, const char* program = MLSENSOR_PROGRAM,
                   const char* terminal = nullptr) {
    int out_pipe[2], err_pipe[2];
    if (pipe2(out_pipe, O_CLOEXEC) != 0 || pipe2(err_pipe, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    std::vector<char*> environment;
    if (terminal != nullptr) {
      posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, terminal, O_RDWR, 0);
      posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
      posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
      static char type[] = "TERM=xterm-256color", locale[] = "LC_ALL=C.UTF-8";
      environment = {type, locale};
    } else {
      posix_spawn_file_actions_adddup2(&actions, out_pipe[1], STDOUT_FILENO);
      posix_spawn_file_actions_adddup2(&actions, err_pipe[1], STDERR_FILENO);
    }
    for (char** at = environ; *at != nullptr; ++at) environment.push_back(*at);
    environment.push_back(nullptr);
    arguments.insert(arguments.begin(), program);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (posix_spawn(&pid_, argv[0], &actions, &attributes, argv.data(), environment.data()) != 0) std::abort();
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(out_pipe[1]);
    close(err_pipe[1]);
    out_fd_ = out_pipe[0];
    err_fd_ = err_pipe[0];
  }
  ~Program() {
    CloseOutput();
    if (err_fd_ >= 0) close(err_fd_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  void Signal(int number) const { kill(pid_, number); }
  void CloseOutput() {
    if (out_fd_ >= 0) close(out_fd_);
    out_fd_ = -1;
  }
  // Waits until that many lines have come.
  void AwaitLines(size_t count) {
    while (static_cast<size_t>(std::count(out.begin(), out.end(), '\n')) < count && ReadInto(out_fd_, out)) {
    }
  }
  // Everything up to its end; returns the exit status, or 1000 + signal.
  int Finish() {
    while (out_fd_ >= 0 && ReadInto(out_fd_, out)) {
    }
    while (ReadInto(err_fd_, err)) {
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  std::string out, err;

 private:
  static bool ReadInto(int fd, std::string& text) {
    char buffer[4096];
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size > 0) text.append(buffer, static_cast<size_t>(size));
    return size > 0;
  }
  pid_t pid_ = -1;
  int out_fd_ = -1, err_fd_ = -1;
};

struct Output {
  int exit;
  std::string out, err;
  json object() const { return json::parse(out); }
};

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

// All that the group of `pattern` matches.
std::set<std::string> Words(const std::string& text, const char* pattern) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

class CommandLine : public testing::Test {
 protected:
  // Between two programs the server rests, and the test may use the module without its lock.
  Output Run(std::vector<std::string> arguments, const char* name = MLSENSOR_PROGRAM) {
    { const std::lock_guard lock(module_.mutex); }
    // Plenty, for a busy machine.
    const bool may_wait = arguments.size() > 1 && name == std::string(MLSENSOR_PROGRAM);
    if (may_wait && !std::ranges::count(arguments, "--timeout")) arguments.insert(arguments.end(), {"--timeout", "10s"});
    Program program(std::move(arguments), name);
    const int exit = program.Finish();
    const std::lock_guard lock(module_.mutex);
    return {exit, program.out, program.err};
  }
  void AddDetection(uint8_t label, uint16_t score) {
    const std::lock_guard lock(module_.mutex);
    module_.AddEvent({.type = EventType::kDetection, .flags = kValid, .label = label, .value = score});
  }
  FakeModule module_;
  FrameTestServer server_{module_, FrameTestServer::Link::kUnix};
  const std::string uri_ = server_.uri();
};

TEST_F(CommandLine, AloneItPrintsItsHelp) {
  const Output output = Run({});
  EXPECT_EQ(output.exit, 0);
  EXPECT_THAT(output.out, HasSubstr("Examples:"));
  EXPECT_THAT(output.out, HasSubstr("serial:DEVICE[@BAUD]"));
  EXPECT_EQ(output.out, Run({"--help"}).out);
}

TEST_F(CommandLine, WrongUseIsStatus2AndSaysWhatToDo) {
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } cases[] = {
      {{"raed", uri_}, "there is no command `raed`"},
      {{"--frobnicate"}, "not expected: --frobnicate"},
      {{"read"}, "URI is required"},
      {{"read", uri_, "--frobnicate"}, "--frobnicate"},
      {{"read", "spi:1"}, "it must begin with"},
      {{"watch", uri_, "--for", "2 fortnights"}, "is no duration"},
      {{"--timeout", "-1s", "read", uri_}, "is no duration"},
      {{"get", uri_, "config.nonsense"}, "no register or window `config.nonsense`"},
      {{"get", uri_, "label[x]"}, "no register or window `label[x]`"},
      {{"get", uri_, "status[1]"}, "no register or window `status[1]`"},
      {{"set", uri_, "config.nonsense=1"}, "no register `config.nonsense`"},
      {{"set", uri_, "on_delay_ms"}, "write NAME=VALUE"},
      {{"set", uri_, "on_delay_ms=65536"}, "a number from 0 to 65535 (ms)"},
      {{"set", uri_, "on_delay_ms=soon"}, "a number from 0 to 65535 (ms)"},
      {{"set", uri_, "power_mode=asleep"}, "one of: sleep, standby"},
      {{"set", uri_, "report=changes,nonsense"}, "separated by commas: none, changes"},
      {{"set", uri_, "result.sequence=1"}, "cannot be written"},
  };
  for (const auto& a_case : cases) {
    const Output output = Run(a_case.arguments);
    EXPECT_EQ(output.exit, 2) << a_case.says;
    EXPECT_THAT(output.err, HasSubstr(a_case.says));
    EXPECT_THAT(output.err, testing::StartsWith("mlsensor: "));
    EXPECT_EQ(output.out, "");
  }
  EXPECT_EQ(module_.writes, 0u);
}

TEST_F(CommandLine, EachKindOfFailureHasItsExitStatus) {
  using Misbehaviour = FrameTestServer::Misbehaviour;
  Output output = Run({"read", "unix:/there/is/no/module"});
  EXPECT_EQ(output.exit, 3);
  EXPECT_THAT(output.err, HasSubstr("unix:/there/is/no/module: no such path"));

  server_.Misbehave(Misbehaviour::kSilent);
  output = Run({"read", uri_, "--timeout", "100ms"});
  EXPECT_EQ(output.exit, 5);
  EXPECT_THAT(output.err, HasSubstr("time-out"));

  server_.Misbehave(Misbehaviour::kEmptyResponse);
  EXPECT_EQ(Run({"read", uri_}).exit, 4);

  server_.Misbehave(Misbehaviour::kNone);
  module_.tamper = [](uint8_t, std::span<uint8_t> bytes) { bytes[0] ^= 1; };
  output = Run({"read", uri_});
  EXPECT_EQ(output.exit, 4);
  EXPECT_THAT(output.err, HasSubstr("bad CRC"));
  module_.tamper = nullptr;

  module_.commit_verdict = Verdict::kContradiction;
  module_.commit_field = kReg<"config.low_threshold_permille">.kAddress;
  output = Run({"commit", uri_});
  EXPECT_EQ(output.exit, 6);
  EXPECT_THAT(output.err, HasSubstr("contradiction: config.low_threshold_permille"));

  module_.selftest.tests_failed = kTestMemory;
  output = Run({"selftest", uri_});
  EXPECT_EQ(output.exit, 1);
  EXPECT_THAT(output.out, HasSubstr("FAILED"));
}

TEST_F(CommandLine, InfoTellsWhoItIs) {
  Output output = Run({"info", uri_});
  EXPECT_EQ(output.exit, 0) << output.err;
  for (const char* text :
       {"keyword", "silence, yes, no", "a0010203000000000000000000000000", "events, selftest", "power_on"}) {
    EXPECT_THAT(output.out, HasSubstr(text));
  }
  output = Run({"--json", "info", uri_});
  const json info = output.object();
  EXPECT_EQ(info["ident"]["profile"], "keyword");
  EXPECT_EQ(info["identity"]["unique_id"], "a0010203000000000000000000000000");
  EXPECT_EQ(info["labels"], json::array({"silence", "yes", "no"}));
  EXPECT_EQ(info["firmware_hash"].get<std::string>().size(), 64u);
  EXPECT_EQ(info["status"]["state"], json::array({"ready", "result_available"}));
}

TEST_F(CommandLine, ReadPrintsTheLatestResult) {
  Output output = Run({"read", uri_});
  EXPECT_EQ(output.exit, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("positive"));
  EXPECT_THAT(output.out, HasSubstr("0.931 (posterior)"));
  output = Run({"read", uri_, "--json"});
  const json result = output.object();
  EXPECT_EQ(result["sequence"], 7);
  EXPECT_EQ(result["label"], "yes");
  EXPECT_EQ(result["label_number"], 1);
  EXPECT_EQ(result["score"], 0.931);
  EXPECT_EQ(result["score_permille"], 931);
  EXPECT_EQ(result["decision"], "positive");
  EXPECT_EQ(result["flags"], json::array({"valid"}));
  EXPECT_EQ(result["usable"], true);
}

TEST_F(CommandLine, AResultThatIsNotUsableSaysSoFirst) {
  module_.result.flags = kValid | kTooDark;
  EXPECT_THAT(Run({"read", uri_}).out, testing::StartsWith("not usable"));
  EXPECT_EQ(Run({"read", uri_, "--json"}).object()["usable"], false);
}

TEST_F(CommandLine, WatchPrintsEachEventOnOneLineAndAcknowledgesIt) {
  AddDetection(1, 931);
  AddDetection(2, 800);
  const Output output = Run({"--json", "watch", uri_, "--for", "100ms"});
  EXPECT_EQ(output.exit, 0) << output.err;
  const std::vector<json> lines = Lines(output.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["sequence"], 1);
  EXPECT_EQ(lines[0]["type"], "detection");
  EXPECT_EQ(lines[0]["label"], "yes");
  EXPECT_EQ(lines[0]["score"], 0.931);
  EXPECT_EQ(lines[0]["score_permille"], 931);
  EXPECT_EQ(lines[0]["time_ms"], 1000);
  EXPECT_TRUE(std::regex_match(lines[0]["host_time"].get<std::string>(),
                               std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  EXPECT_EQ(lines[1]["label"], "no");
  EXPECT_TRUE(module_.fifo.empty());
  EXPECT_EQ(Run({"watch", uri_, "--for", "50ms"}).out, "");
}

TEST_F(CommandLine, EveryEventTypeIsOneReadableLine) {
  module_.ident.event_capacity = 100;
  for (const NamedValue& type : kEventTypeValues) {
    if (type.value == 0) continue;
    module_.AddEvent(
        {.type = static_cast<EventType>(type.value), .flags = kValid, .label = 1, .detail = 1, .value = 3});
  }
  const std::vector<json> lines = Lines(Run({"--json", "watch", uri_, "--for", "100ms"}).out);
  ASSERT_EQ(lines.size(), std::size(kEventTypeValues) - 1);
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["type"], kEventTypeValues[i + 1].name);
    for (const char* key : {"sequence", "type", "label", "score", "time_ms"}) {
      EXPECT_TRUE(lines[i].contains(key)) << key;
    }
  }
  EXPECT_EQ(lines[1]["decision"], "negative");
  EXPECT_EQ(lines[2]["lost"], 3);
  EXPECT_EQ(lines[3]["reset_cause"], "command");
  EXPECT_EQ(lines[6]["flags"], json::array({"valid", "stale"}));
  EXPECT_EQ(lines[7]["error_domain"], "capture");
}

TEST_F(CommandLine, WatchShowsWhatComesWhileItRuns) {
  Program program({"watch", uri_});
  AddDetection(1, 931);
  program.AwaitLines(1);
  EXPECT_TRUE(
      std::regex_search(program.out, std::regex(R"(\d\d:\d\d:\d\d\.\d{3}  #1     detection      yes  0\.931\n)")))
      << program.out;
  program.Signal(SIGINT);
  EXPECT_EQ(program.Finish(), 0);
  EXPECT_EQ(program.err, "");
}

TEST_F(CommandLine, WatchTellsALossAndARestart) {
  Program program({"--json", "watch", uri_});
  AddDetection(1, 900);
  program.AwaitLines(1);
  {
    const std::lock_guard lock(module_.mutex);
    module_.Restart();
    for (int i = 0; i < 10; ++i) module_.AddEvent({.type = EventType::kDetection});
  }
  program.AwaitLines(1 + 2 + 8);
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Finish(), 0);
  const std::vector<json> lines = Lines(program.out);
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(lines[1], json({{"notice", "restarted"}}));
  EXPECT_EQ(lines[2], json({{"notice", "lost"}, {"lost", 3}}));
}

TEST_F(CommandLine, WatchEndsQuietlyWhenItsReaderGoes) {
  Program program({"watch", uri_});
  AddDetection(1, 931);
  program.AwaitLines(1);
  program.CloseOutput();
  EXPECT_EQ(program.Finish(), 0);
  EXPECT_EQ(program.err, "");
}

TEST_F(CommandLine, WatchOfAModuleThatGoesAwayIsNoDevice) {
  Program program({"watch", uri_});
  AddDetection(1, 931);
  program.AwaitLines(1);
  server_.Stop();
  EXPECT_EQ(program.Finish(), 3);
  EXPECT_THAT(program.err, HasSubstr(uri_ + ": watching: no device"));
}

TEST_F(CommandLine, GetFindsRegistersWindowsAndEntries) {
  Output output = Run({"get", uri_, "config.stale_after_ms", "status.state"});
  EXPECT_EQ(output.exit, 0) << output.err;
  EXPECT_EQ(output.out, "config.stale_after_ms  2000 ms\nstatus.state           ready, result_available\n");
  output = Run({"--json", "get", uri_, "stale_after_ms", "label[1]", "model_hash", "config.report"});
  EXPECT_EQ(output.object(), json::parse(R"({
    "config.stale_after_ms": 2000, "label.text[1]": "yes",
    "model_hash.half[0]": "01020304222222222222222222222222", "model_hash.half[1]": "22222222222222222222222222222222",
    "config.report": ["changes", "envelope"]})"));
}

TEST_F(CommandLine, GetWithoutANameShowsEveryWindow) {
  const Output output = Run({"--json", "get", uri_});
  EXPECT_EQ(output.exit, 0) << output.err;
  std::set<std::string> windows;
  const json object = output.object();
  for (const auto& [name, value] : object.items()) windows.insert(name.substr(0, name.find('.')));
  EXPECT_EQ(windows.size(), static_cast<size_t>(kWindowCount));
}

TEST_F(CommandLine, SetStagesAndCommitActivates) {
  Output output = Run({"set", uri_, "on_delay_ms=0x12c", "config.report=every_result,changes", "power_mode=standby"});
  EXPECT_EQ(output.exit, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("config.on_delay_ms  300 ms (was 0 ms)"));
  EXPECT_THAT(output.out, HasSubstr("mlsensor commit " + uri_));
  EXPECT_EQ(module_.staged.on_delay_ms, 300);
  EXPECT_EQ(module_.staged.report, kReportChanges | kReportEveryResult);
  EXPECT_EQ(module_.staged.power_mode, PowerMode::kStandby);
  EXPECT_EQ(module_.active.on_delay_ms, 0);
  output = Run({"--json", "commit", uri_, "--store"});
  EXPECT_EQ(output.exit, 0) << output.err;
  EXPECT_EQ(output.object(), json::parse(R"({"command": "store", "verdict": "done", "config_generation": 1})"));
  EXPECT_EQ(module_.active.on_delay_ms, 300);
  EXPECT_EQ(Run({"--json", "set", uri_, "report=none"}).object(), json::parse(R"({"staged": {"config.report": []}})"));
  EXPECT_EQ(Run({"revert", uri_}).exit, 0);
  EXPECT_EQ(module_.staged, module_.active);
  EXPECT_EQ(Run({"factory-reset", uri_}).exit, 0);
  EXPECT_EQ(module_.active, Config{});
}

TEST_F(CommandLine, SelftestReports) {
  const Output output = Run({"--json", "selftest", uri_});
  EXPECT_EQ(output.exit, 0) << output.err;
  EXPECT_EQ(output.object()["passed"], true);
  EXPECT_EQ(output.object()["tests_run"], json::array({"transducer", "memory", "known_answer"}));
}

TEST_F(CommandLine, TheExamplesWork) {
  module_.ident.profile = Profile::kPerson;
  Output output = Run({uri_}, EXAMPLE_READ_PERSON);
  EXPECT_EQ(output.exit, 0) << output.err;
  EXPECT_EQ(output.out, "somebody, score 0.931\n");
  module_.result.flags = kStale;
  EXPECT_THAT(Run({uri_}, EXAMPLE_READ_PERSON).out, HasSubstr("unknown"));
  EXPECT_EQ(Run({"unix:/there/is/no/module"}, EXAMPLE_READ_PERSON).exit, 1);

  AddDetection(2, 800);
  AddDetection(1, 931);
  output = Run({uri_, "yes"}, EXAMPLE_WAIT_FOR_KEYWORD);
  EXPECT_EQ(output.exit, 0) << output.err;
  EXPECT_EQ(output.out, "heard \"yes\" with score 0.931\n");
}

TEST_F(CommandLine, ScanListsTheModulesAtTheGivenPlaces) {
  Output output = Run({"scan", uri_, "unix:/there/is/no/module"});
  EXPECT_EQ(output.exit, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("keyword"));
  EXPECT_THAT(output.out, HasSubstr("model 01020304"));
  EXPECT_EQ(std::ranges::count(output.out, '\n'), 1);
  EXPECT_THAT(output.err, HasSubstr("unix:/there/is/no/module: no such path"));
  output = Run({"--json", "scan", uri_});
  EXPECT_EQ(output.object()["uri"], uri_);
  EXPECT_EQ(output.object()["model"], "01020304");
  EXPECT_EQ(output.object()["profile"], "keyword");
  EXPECT_EQ(module_.writes, 0u);
  EXPECT_EQ(Run({"scan", "unix:/there/is/no/module"}).exit, 3);
  EXPECT_EQ(Run({"scan", "i2c:99"}).exit, 3);
}

TEST_F(CommandLine, WatchOfSeveralTellsWhoseEachEventIsAndWhatGoes) {
  FakeModule second_module;
  FrameTestServer second(second_module, FrameTestServer::Link::kUnix);
  Program program({"--json", "watch", uri_, second.uri()});
  AddDetection(1, 931);
  program.AwaitLines(1);
  second.Stop();
  program.AwaitLines(2);
  program.Signal(SIGINT);
  EXPECT_EQ(program.Finish(), 0);
  const std::vector<json> lines = Lines(program.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["uri"], uri_);
  EXPECT_EQ(lines[0]["label"], "yes");
  EXPECT_EQ(lines[1]["uri"], second.uri());
  EXPECT_EQ(lines[1]["notice"], "gone");
}

TEST_F(CommandLine, OnATerminalWatchIsALiveViewThatLeavesItAsItWas) {
  module_.ident.profile = Profile::kPerson;
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_EQ(grantpt(terminal) + unlockpt(terminal), 0);
  const int held = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);  // The settings live as long as it is open.
  winsize size{30, 100, 0, 0};
  ioctl(terminal, TIOCSWINSZ, &size);
  termios before{}, after{};
  tcgetattr(held, &before);
  for (const bool with_key : {true, false}) {
    Program program({"watch", uri_}, MLSENSOR_PROGRAM, ptsname(terminal));
    std::string screen;
    const auto await = [&](const std::string& text) {
      pollfd ready{terminal, POLLIN, 0};
      char buffer[4096];
      while (screen.find(text) == std::string::npos && poll(&ready, 1, 20000) > 0) {
        const ssize_t got = read(terminal, buffer, sizeof buffer);
        if (got <= 0) break;
        screen.append(buffer, static_cast<size_t>(got));
      }
      return screen.find(text) != std::string::npos;
    };
    EXPECT_TRUE(await("somebody")) << screen;
    EXPECT_THAT(screen, HasSubstr("\x1b[?1049h")) << "a screen of its own";
    AddDetection(1, 931);
    EXPECT_TRUE(await("detection")) << screen;
    screen.clear();
    size.ws_col = with_key ? 60 : 100;
    ioctl(terminal, TIOCSWINSZ, &size);
    EXPECT_TRUE(await("mlsensor watch")) << "drawn anew";
    ASSERT_EQ(write(terminal, with_key ? "q" : "\x03", 1), 1);
    EXPECT_TRUE(await("\x1b[?1049l"));
    EXPECT_EQ(program.Finish(), 0);
    tcgetattr(held, &after);
    EXPECT_EQ(before.c_lflag, after.c_lflag);
    EXPECT_EQ(before.c_iflag, after.c_iflag);
    EXPECT_EQ(before.c_oflag, after.c_oflag);
  }
  close(held);
  close(terminal);
}

TEST_F(CommandLine, TheDaemonExampleReportsAndEndsOnItsSignal) {
  Program program({uri_, "unix:/there/is/no/module"}, EXAMPLE_SENSOR_DAEMON);
  AddDetection(1, 931);
  while (program.out.find("detection") == std::string::npos) {
    program.AwaitLines(1 + static_cast<size_t>(std::ranges::count(program.out, '\n')));
  }
  EXPECT_THAT(program.out, HasSubstr(uri_ + ": online: keyword\n"));
  EXPECT_THAT(program.out, HasSubstr(uri_ + ": detection yes 0.931\n"));
  EXPECT_THAT(program.out, HasSubstr("unix:/there/is/no/module: no such path"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Finish(), 0);
}

TEST_F(CommandLine, TheReaderExampleHasTenLines) {
  std::ifstream file(MLS_SOURCE_DIR "/examples/read_person.cpp");
  int lines = 0;
  for (std::string line; std::getline(file, line);) lines += !line.empty() && !line.starts_with("//");
  EXPECT_EQ(lines, 10);
}

TEST_F(CommandLine, ShellsCompleteAllCommandsOptionsAndConfigurationRegisters) {
  const std::string folder = MLS_SOURCE_DIR "/host-lib/cli/completions/";
  const std::string help = Run({"--help"}).out;
  std::set<std::string> wanted = Words(help.substr(help.find("\nCommands:")).substr(0, 1000), "\n  ([a-z-]+) ");
  for (const std::string& command : std::set(wanted)) {
    const std::set<std::string> options = Words(Run({command, "--help"}).out, "--([a-z-]+)");
    wanted.insert(options.begin(), options.end());
  }
  wanted.insert("version");
  for (const RegisterInfo& info : kRegisters) {
    const std::string name(ShortName(info));
    if (info.window == kConfigWindow && info.access != Access::kReadOnly) wanted.insert(name);
  }
  for (const WindowInfo& window : kWindows) wanted.insert(window.name);
  for (const char* name : {"mlsensor.bash", "_mlsensor", "mlsensor.fish"}) {
    std::ifstream file(folder + name);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::set<std::string> found = Words(text, "([a-z0-9_-]+)");
    for (const std::string& word : wanted) {
      EXPECT_TRUE(found.contains(word) || found.contains("--" + word)) << word << " is not in " << name;
    }
  }
  const struct {
    const char* line;
    std::vector<std::string> replies;
  } cases[] = {
      {"mlsensor fac", {"factory-reset"}},
      {"mlsensor --timeout 2s wat", {"watch"}},
      {"mlsensor watch --p", {"--plain"}},
      {"mlsensor watch ser", {"serial:"}},
      {"mlsensor set unix:/x power", {"power_mode="}},
      {"mlsensor get unix:/x lab", {"label"}},
      {"mlsensor info unix:" MLS_SOURCE_DIR "/docs/man/mlsensor.", {MLS_SOURCE_DIR "/docs/man/mlsensor.1"}},
      {"mlsensor models ev", {"evaluate"}},
      {"mlsensor info unix:/x ", {}},
  };
  for (const auto& a_case : cases) {
    const std::string script = ". '" + folder + "mlsensor.bash'; COMP_LINE='" + a_case.line +
                               "'; COMP_POINT=${#COMP_LINE}; _mlsensor; printf '%s\\n' \"${COMPREPLY[@]}\"";
    Program shell({"-c", script}, "/bin/bash");
    EXPECT_EQ(shell.Finish(), 0);
    std::string replies;
    for (const std::string& reply : a_case.replies) replies += reply + "\n";
    EXPECT_EQ(shell.out, replies.empty() ? "\n" : replies) << a_case.line << "\n" << shell.err;
  }
}

TEST_F(CommandLine, TheManPageNamesAllCommandsAndOptionsOfTheHelpAndNoOthers) {
  std::ifstream file(MLS_SOURCE_DIR "/docs/man/mlsensor.1");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  ASSERT_THAT(page, Not(IsEmpty()));
  const std::string help = Run({"--help"}).out;
  std::set<std::string> commands = Words(help.substr(help.find("\nCommands:")).substr(0, 1000), "\n  ([a-z-]+) ");
  std::set<std::string> options = Words(help, "(--[a-z-]+)");
  ASSERT_EQ(commands.size(), 10u);
  for (const std::string& command : commands) {
    for (const std::string& option : Words(Run({command, "--help"}).out, "(--[a-z-]+)")) options.insert(option);
  }
  std::string plain = std::regex_replace(page, std::regex(R"(\\-)"), "-");
  EXPECT_EQ(Words(plain, R"(\n\.B ([a-z-]+) \\f[IR])"), commands);
  EXPECT_EQ(Words(plain, "(--[a-z-]+)"), options);
  EXPECT_EQ(Words(plain, R"(\n\.BI ([a-z]+:))"), Words(help, R"(\n  ([a-z]+:)[A-Z])"));
}

}  // namespace
}  // namespace mls::test
