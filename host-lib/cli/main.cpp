// mlsensor: ML sensors from the command line.
#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <iostream>

#include "commands.h"
#include "companions.h"
#include "duration.h"
#include "mls/drivers/open_bus.h"

namespace mls::cli {
namespace {

struct CommandInfo {
  const char* name;
  const char* help;
  const char* example;
  Exit (*run)(const Request&);
  enum { kOne, kSome, kAny } uris = kOne;
};
constexpr CommandInfo kCommands[] = {
    {"scan", "Find modules on all I2C buses, or at the given places", "scan", Scan, CommandInfo::kAny},
    {"info", "Who and how it is: profile, model, versions, hashes, state, privacy", "info unix:/tmp/keyword.sock",
     Info},
    {"read", "The latest result", "read serial:/dev/ttyACM0@115200", Read},
    {"watch", "Live view on a terminal, otherwise a log of events; each event is acknowledged once it is shown",
     "--json watch tcp:192.168.1.20:4000 --for 10s", Watch, CommandInfo::kSome},
    {"get", "Registers by name; all without a name", "get unix:/tmp/keyword.sock config status.state label[1]", Get},
    {"set", "Stage configuration values; `commit` makes them active",
     "set unix:/tmp/keyword.sock high_threshold_permille=800 report=changes,envelope", Set},
    {"commit", "Make the staged configuration active", "commit unix:/tmp/keyword.sock --store", Commit},
    {"revert", "Set the staged configuration back to the active one", "revert unix:/tmp/keyword.sock", Revert},
    {"factory-reset", "Activate the configuration that the module was made with, and forget the stored one",
     "factory-reset unix:/tmp/keyword.sock", FactoryReset},
    {"selftest", "Run the self-test; exit status 1 when it fails", "selftest unix:/tmp/keyword.sock", SelfTest},
};

std::string UriHelp() {
  std::string text = "URI is one of:\n";
  for (const std::string_view form : kUriForms) text.append("  ").append(form).append("\n");
  return text;
}

std::string Footer() {
  std::string text = UriHelp() + "\nExamples:\n";
  for (const CommandInfo& info : kCommands) text.append("  mlsensor ").append(info.example).append("\n");
  text += "\nPrograms of their own:\n";
  for (const Companion& companion : kCompanions) {
    text.append("  mlsensor ").append(companion.command).append(" ...  ").append(companion.help).append("\n");
  }
  return text +
         "\nExit status:\n"
         "  0 done   1 failed   2 wrong use   3 no device   4 bad answer   5 time-out   6 refused by the module\n";
}

// Keeps `into` at its default unless the option is given.
CLI::Option* AddDuration(CLI::App& app, const char* name, std::chrono::milliseconds& into, const char* help) {
  return app
      .add_option_function<std::string>(
          name,
          [&into, name](const std::string& text) {
            const std::optional<std::chrono::milliseconds> duration = ParseDuration(text);
            if (!duration) {
              throw CLI::ValidationError(name, "`" + text + "` is no duration; write 500ms, 2s, 1.5m or 1h");
            }
            into = *duration;
          },
          help)
      ->type_name("DURATION");
}

int Main(int argc, char** argv) {
  std::string companion_error;
  RunCompanion(argv, companion_error);
  if (!companion_error.empty()) {
    std::cerr << "mlsensor: " << companion_error << "\n";
    return kExitFailed;
  }
  Request request;
  std::function<Exit(const Request&)> command;

  CLI::App app("Reads and sets up ML sensors: modules that see or hear and report what they found through registers.",
               "mlsensor");
  app.set_version_flag("--version", "mlsensor " MLS_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_flag("--json", request.json, "Print one JSON object per line");
  AddDuration(app, "--timeout", request.timeout, "Longest time for one request, retries included; 1s unless given");
  app.require_subcommand(0, 1);
  app.footer(Footer());
  app.get_formatter()->column_width(28);

  app.get_formatter()->label("SUBCOMMAND", "COMMAND");

  for (const CommandInfo& info : kCommands) {
    CLI::App* sub = app.add_subcommand(info.name, info.help);
    sub->fallthrough();
    sub->group("Commands");
    sub->set_help_flag("-h,--help", "Print this help and exit");
    sub->footer(UriHelp() + "\nExample:\n  mlsensor " + info.example + "\n");
    switch (info.uris) {
      case CommandInfo::kOne:
        sub->add_option("URI", request.uri, "Where the module is")->required()->type_name("");
        break;
      case CommandInfo::kSome:
        sub->add_option("URI", request.uris, "Where the modules are")->required()->type_name("");
        break;
      case CommandInfo::kAny:
        sub->add_option("URI", request.uris, "Where to look; i2c:BUS for all addresses of one bus")->type_name("");
        break;
    }
    sub->callback([&command, &info] { command = info.run; });
  }
  AddDuration(*app.get_subcommand("watch"), "--for", request.watch_for, "End after this time; without it, at Ctrl-C");
  app.get_subcommand("watch")->add_flag("--plain", request.plain, "A log of events, on a terminal too");
  app.get_subcommand("scan")->add_flag("--all-addresses", request.all_addresses,
                                       "All I2C addresses, 0x08 to 0x77; some devices do not like to be read");
  app.get_subcommand("get")
      ->add_option("NAME", request.names, "Register (config.on_delay_ms), window (config) or entry (label[1])")
      ->type_name("");
  app.get_subcommand("set")
      ->add_option("NAME=VALUE", request.names,
                   "Number, name, or for flags names with commas (report=changes,envelope)")
      ->required()
      ->type_name("");
  app.get_subcommand("commit")->add_flag("--store", request.store, "Keep it without power too");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> unknown = app.remaining();
    if (app.get_subcommands().empty() && !unknown.empty() && !unknown.front().starts_with('-')) {
      return ReportUsage("there is no command `" + unknown.front() + "`\nTry `mlsensor --help`.");
    }
    return ReportUsage(std::string(error.what()) + "\nTry `mlsensor --help`.");
  }
  if (!command) {
    std::cout << app.help();
    return kExitOk;
  }
  std::signal(SIGPIPE, SIG_IGN);  // A reader that goes away shows as a failed write.
  return command(request);
}

}  // namespace
}  // namespace mls::cli

int main(int argc, char** argv) { return mls::cli::Main(argc, argv); }
