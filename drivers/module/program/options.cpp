#include "options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include "mls/drivers/module/picture_source.h"

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
  if (options.listen.empty()) throw CLI::ValidationError("--listen is needed, as in --listen unix:/tmp/sensor.sock");
  if (options.input == "-" && options.loop) throw CLI::ValidationError("--loop: standard input cannot be played again");
  if (std::isnan(options.frames_per_second)) throw CLI::ValidationError("--fps: not a number");
  const std::filesystem::path store = options.config_store.parent_path();
  if (!store.empty() && !std::filesystem::is_directory(store)) {
    throw CLI::ValidationError("--config-store: there is no directory " + store.string());
  }
}

}  // namespace

std::optional<int> ParseOptions(int argc, char** argv, Options& options) {
  CLI::App app{"An ML sensor as a process: hears or sees the input, decides by itself, and answers hosts over its registers.",
               "mlsensor-module"};
  app.footer("Example: mlsensor-module --profile keyword --input speech.wav --listen unix:/tmp/kws.sock\n"
             "Then:    mlsensor watch unix:/tmp/kws.sock\n"
             "Exit status: 0 stopped, 1 failure, 2 usage, 3 bad model, 4 bad input.");
  std::string unique_id;
  std::string profile, speed = "real";
  app.add_option("--profile", profile, "What it senses; the model's manifest may tell")
      ->check(CLI::IsMember({"keyword", "person"}));
  app.add_option("--model", options.model, "Model to run, a .tflite file; its manifest FILE.json lies beside it")->type_name("FILE");
  app.add_option("--input", options.input,
                 "What it hears or sees: a WAV, FLAC or OGG file, a JPEG or PNG picture, a directory of these, or - for raw 16 kHz "
                 "mono 16-bit samples on standard input")
      ->type_name("FILE|DIR|-");
  app.add_option("--listen", options.listen, "Where hosts connect: unix:PATH, tcp:127.0.0.1:PORT, pty or pty:LINKPATH; repeatable")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_flag("--loop", options.loop, "Play the input again when it has ended");
  app.add_option("--speed", speed, "As fast as it was recorded, or as fast as it can be worked off")
      ->check(CLI::IsMember({"real", "max"}))
      ->capture_default_str();
  app.add_option("--fps", options.frames_per_second, "Pictures per second")
      ->check(CLI::Range(0.001, PictureFileSource::kMaxFramesPerSecond))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--unique-id", unique_id, "Number of this module, 32 hexadecimal digits; made from machine and address otherwise")
      ->type_name("HEX");
  app.add_option("--datasheet", options.datasheet, "Datasheet whose hash the module shows")->check(CLI::ExistingFile);
  app.add_option("--config-store", options.config_store, "Where the configuration is kept when a host stores it")->type_name("FILE");
  app.add_flag("--print-known-answer", options.print_known_answer, "Print the known answer of the model for its manifest, and end");
  app.set_version_flag("--version", "mlsensor-module " MLS_VERSION);
  try {
    app.parse(argc, argv);
    if (!profile.empty()) options.profile = profile == "keyword" ? Profile::kKeyword : Profile::kPerson;
    options.speed = speed == "max" ? Speed::kMax : Speed::kReal;
    if (!unique_id.empty()) options.unique_id = ParseUniqueId(unique_id);
    CheckTogether(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return {};
}

}  // namespace mls
