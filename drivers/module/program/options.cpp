#include "options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "mls/drivers/module/picture_source.h"
#include "mls/drivers/module/vhost_user_bus.h"

namespace mls {
namespace {

UniqueId ParseUniqueId(const std::string& text) {
  UniqueId id{};
  const char* const error = "--unique-id: 32 hexadecimal digits are needed";
  if (text.size() != 2 * id.size()) throw CLI::ValidationError(error);
  for (size_t i = 0; i < id.size(); ++i) {
    const char* const digits = text.data() + 2 * i;
    if (std::from_chars(digits, digits + 2, id[i], 16).ptr != digits + 2) throw CLI::ValidationError(error);
  }
  return id;
}

// What no single option can tell.
void CheckTogether(const Options& options) {
  if (options.profile == Profile::kUnknown && options.model.empty()) {
    throw CLI::ValidationError("--profile or --model is needed: what shall the module sense?");
  }
  if (options.print_known_answer) return;
  if (options.input.empty()) throw CLI::ValidationError("--input is needed: a file, a directory, or - for standard input");
  if (options.listen.empty() && options.i2c_bus.empty()) {
    throw CLI::ValidationError("--listen is needed, as in --listen unix:/tmp/sensor.sock");
  }
  if (options.person_sensor && options.i2c_bus.empty()) {
    throw CLI::ValidationError("--personality: only on I2C, with --listen vhost-user:I2C_SOCKET");
  }
  if (options.input == "-" && options.loop) throw CLI::ValidationError("--loop: standard input cannot be played again");
  if (std::isnan(options.frames_per_second)) throw CLI::ValidationError("--fps: not a number");
  const std::filesystem::path store = options.config_store.parent_path();
  if (!store.empty() && !std::filesystem::is_directory(store)) {
    throw CLI::ValidationError("--config-store: there is no directory " + store.string());
  }
}

// The command line of one module.
class Parser {
 public:
  Parser() {
    app.footer("Example: mlsensor-module --profile keyword --input speech.wav --listen unix:/tmp/kws.sock\n"
               "Then:    mlsensor watch unix:/tmp/kws.sock\n"
               "Exit status: 0 stopped, 1 failure, 2 usage, 3 bad model, 4 bad input.");
    app.add_option("--profile", profile_, "What it senses; the model's manifest may tell")->check(CLI::IsMember({"keyword", "person"}));
    app.add_option("--model", options_.model, "Model to run, a .tflite file; its manifest FILE.json lies beside it")->type_name("FILE");
    app.add_option("--input", options_.input,
                   "What it hears or sees: a WAV, FLAC or OGG file, a JPEG or PNG picture, a directory of these, or - for raw 16 kHz "
                   "mono 16-bit samples on standard input")
        ->type_name("FILE|DIR|-");
    app.add_option("--listen", options_.listen,
                   "Where hosts connect: unix:PATH, tcp:127.0.0.1:PORT, pty, pty:LINKPATH or vhost-user:I2C_SOCKET[,GPIO_SOCKET]; repeatable")
        ->type_name("ADDRESS")
        ->allow_extra_args(false);
    app.add_option("--i2c-address", i2c_address_, "Address on I2C, as its straps would set it")
        ->check(CLI::IsMember({"0x6C", "0x6D", "0x6E", "0x6F"}, CLI::ignore_case))
        ->capture_default_str();
    app.add_option("--personality", personality_, "What else it answers as: the Person Sensor of Useful Sensors, at address 0x62")
        ->check(CLI::IsMember({"person-sensor"}));
    app.add_option("--also", also, "One more module on the same I2C bus, in quotes: its options")->type_name("OPTIONS")->allow_extra_args(false);
    app.add_flag("--loop", options_.loop, "Play the input again when it has ended");
    app.add_option("--speed", speed_, "As fast as it was recorded, or as fast as it can be worked off")
        ->check(CLI::IsMember({"real", "max"}))
        ->capture_default_str();
    app.add_option("--fps", options_.frames_per_second, "Pictures per second")
        ->check(CLI::Range(0.001, PictureFileSource::kMaxFramesPerSecond))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--unique-id", unique_id_, "Number of this module, 32 hexadecimal digits; made from machine and address otherwise")
        ->type_name("HEX");
    app.add_option("--datasheet", options_.datasheet, "Datasheet whose hash the module shows")->check(CLI::ExistingFile);
    app.add_option("--config-store", options_.config_store, "Where the configuration is kept when a host stores it")->type_name("FILE");
    app.add_flag("--print-known-answer", options_.print_known_answer, "Print the known answer of the model for its manifest, and end");
    app.set_version_flag("--version", "mlsensor-module " MLS_VERSION);
  }

  // What was parsed. `first`: the module whose I2C bus it shares, if it is not the first itself.
  Options Finish(const Options* first) {
    if (!profile_.empty()) options_.profile = profile_ == "keyword" ? Profile::kKeyword : Profile::kPerson;
    options_.speed = speed_ == "max" ? Speed::kMax : Speed::kReal;
    options_.i2c_address = static_cast<uint8_t>(std::stoi(i2c_address_, nullptr, 16));
    options_.person_sensor = !personality_.empty();
    if (!unique_id_.empty()) options_.unique_id = ParseUniqueId(unique_id_);
    const auto is_i2c = [](const std::string& address) { return address.starts_with(VhostUserBus::kPrefix); };
    const auto bus = std::ranges::find_if(options_.listen, is_i2c);
    if (bus != options_.listen.end()) {
      options_.i2c_bus = *bus;
      options_.listen.erase(bus);
    }
    if (std::ranges::any_of(options_.listen, is_i2c) || (first && !options_.i2c_bus.empty())) {
      throw CLI::ValidationError("--listen: one vhost-user address for all modules, in the options of the first");
    }
    if (first) {
      options_.i2c_bus = first->i2c_bus;
      if (options_.i2c_bus.empty()) throw CLI::ValidationError("--also needs a bus to share: --listen vhost-user:I2C_SOCKET");
      if (!also.empty()) throw CLI::ValidationError("--also: not within another one");
      if (options_.input == "-" && first->input == "-") throw CLI::ValidationError("--input: only one module can have standard input");
    }
    CheckTogether(options_);
    return options_;
  }

  CLI::App app{"An ML sensor as a process: hears or sees the input, decides by itself, and answers hosts over its registers.",
               "mlsensor-module"};
  std::vector<std::string> also;

 private:
  Options options_;
  std::string profile_, unique_id_, personality_, speed_ = "real", i2c_address_ = "0x6C";
};

}  // namespace

std::optional<int> ParseOptions(int argc, char** argv, std::vector<Options>& modules) {
  Parser first;
  try {
    first.app.parse(argc, argv);
    modules.push_back(first.Finish(nullptr));
    for (const std::string& text : first.also) {
      Parser other;
      other.app.parse(text);
      modules.push_back(other.Finish(&modules.front()));
    }
    if (modules.size() > VirtualI2cBus::kMaxModules) {
      throw CLI::ValidationError("--also: at most " + std::to_string(VirtualI2cBus::kMaxModules) + " modules share a bus");
    }
  } catch (const CLI::ParseError& error) {
    return first.app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return {};
}

}  // namespace mls
