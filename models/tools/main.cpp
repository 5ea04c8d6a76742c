// mlsensor-models: the model zoo, and models of one's own. See docs/man/mlsensor-models.1.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "check.h"
#include "evaluate.h"
#include "model_package.h"
#include "zoo.h"

namespace mls::models {
namespace {

enum ExitCode : int { kDone = 0, kFailed = 1, kUsage = 2 };

struct Arguments {
  std::filesystem::path zoo;
  bool json = false;
  std::vector<std::string> names;
  InstallOptions install;
  double time_limit_s = 300;
  std::filesystem::path file, manifest;
  uint64_t arena_bytes = 0;
  std::string profile;
  std::filesystem::path model, output;
  EvaluateOptions evaluate;
};

std::vector<ZooModel> Zoo(const Arguments& arguments) {
  if (!arguments.zoo.empty()) return ReadZoo(arguments.zoo);
  const auto file = FindModelsFile("zoo.json");
  if (!file) throw ZooError("models/zoo.json is not installed; give one with --zoo FILE");
  return ReadZoo(*file);
}

int List(const Arguments& arguments) {
  for (const ZooModel& model : Zoo(arguments)) {
    if (arguments.json) {
      Json row{{"name", model.name}, {"what", model.what}, {"file", model.file}, {"url", model.url}, {"sha256", model.sha256}};
      row["bytes"] = model.bytes > 0 ? Json(model.bytes) : Json();
      row.update(Json{{"licence", model.licence}, {"credit", model.credit}, {"front_end", model.front_end}});
      row["runs_in"] = model.module.is_object() ? "mlsensor-module" : "mlsensor-infer";
      if (!model.unsupported.empty()) row["unsupported"] = model.unsupported;
      std::cout << row.dump() << "\n";
      continue;
    }
    std::cout << model.name << ": " << model.what << "\n    " << model.licence << ", " << model.credit
              << (model.bytes > 0 ? ", " + std::to_string((model.bytes + 1023) / 1024) + " KiB" : "") << "\n    front end: " << model.front_end << "\n    "
              << (model.module.is_object() ? "runs in mlsensor-module" : "not in mlsensor-module: " + model.unsupported) << "\n";
  }
  return kDone;
}

int Install(Arguments& arguments) {
  const std::vector<ZooModel> zoo = Zoo(arguments);
  if (arguments.install.to.empty()) arguments.install.to = DefaultFolder();
  arguments.install.time_limit = std::chrono::milliseconds(static_cast<int64_t>(arguments.time_limit_s * 1000));
  for (const std::string& name : arguments.names) {
    const auto model = std::ranges::find(zoo, name, &ZooModel::name);
    if (model == zoo.end()) throw ZooError("there is no model \"" + name + "\" in the zoo; `mlsensor models list` shows those that are");
    const std::filesystem::path file = models::Install(*model, arguments.install);
    const bool hears = model->module.is_object() && model->module.value("profile", "") == "keyword";
    if (arguments.json) {
      std::cout << Json{{"name", name}, {"file", file.string()}, {"runs_in", model->module.is_object() ? "mlsensor-module" : "mlsensor-infer"}}.dump() << "\n";
    } else if (model->module.is_object()) {
      std::cout << name << ": " << file.string() << "\nmlsensor-module --model " << file.string() << " --input " << (hears ? "SOUND" : "PICTURES")
                << " --listen unix:/tmp/sensor.sock\n";
    } else {
      std::cout << name << ": " << file.string() << "\nNot for mlsensor-module: " << model->unsupported << ".\nmlsensor-infer " << file.string() << " --plan\n";
    }
  }
  return kDone;
}

int Check(const Arguments& arguments) {
  const CheckReport report = models::Check(arguments.file, arguments.manifest, arguments.arena_bytes);
  if (arguments.json) {
    std::cout << Json{{"file", arguments.file.string()}, {"faults", report.faults}, {"facts", report.facts}}.dump() << "\n";
  } else {
    for (const std::string& fact : report.facts) std::cout << fact << "\n";
    for (const std::string& fault : report.faults) std::cout << "WRONG: " << fault << ".\n";
    if (report.faults.empty()) std::cout << "It runs: mlsensor-module --model " << arguments.file.string() << "\n";
  }
  return report.faults.empty() ? kDone : kFailed;
}

int Template(const Arguments& arguments) {
  const std::string text = datasheet::ToText(models::Template(arguments.profile, arguments.model));
  if (arguments.output.empty()) {
    std::cout << text;
    return kDone;
  }
  if (std::filesystem::exists(arguments.output)) throw ZooError(arguments.output.string() + ": is there already, and is not overwritten");
  if (const auto written = datasheet::WriteText(arguments.output.string(), text); !written.ok()) throw ZooError(written.problem().text());
  return kDone;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Models for ML sensors: a zoo of published ones, and checks and evaluation of your own.", "mlsensor models");
  app.set_version_flag("--version", "mlsensor-models " MLS_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--json", arguments.json, "Print JSON");
  app.add_option("--zoo", arguments.zoo, "Another list of models than the installed one")->type_name("FILE");
  app.footer("Exit status: 0 done, 1 failed or something is wrong with the model, 2 wrong use.");
  const CLI::IsMember profiles({"keyword", "person"});

  app.add_subcommand("list", "The models of the zoo, with licence, size and front end");
  CLI::App& install = *app.add_subcommand("install", "Fetch a model of the zoo and check its hash");
  install.add_option("NAME", arguments.names, "As `list` shows it")->required();
  install.add_option("--to", arguments.install.to, "Folder; ~/.local/share/mlsensor/models unless given")->type_name("FOLDER");
  install.add_option("--from", arguments.install.from, "A folder, or the URL of one, that has copies of the files")->type_name("FOLDER|URL");
  install.add_option("--timeout", arguments.time_limit_s, "Seconds that one model may take")->check(CLI::Range(0.001, 86400.0))->capture_default_str()->type_name("S");
  CLI::App& verify = *app.add_subcommand("verify", "Whether a file is a published model, or the one that its manifest describes");
  verify.add_option("FILE", arguments.file)->required();
  CLI::App& make_template = *app.add_subcommand("template", "Write a manifest to fill in");
  make_template.add_option("PROFILE", arguments.profile, "keyword or person")->required()->check(profiles);
  make_template.add_option("--model", arguments.model, "Fill in what this model says of itself")->type_name("FILE");
  make_template.add_option("-o,--output", arguments.output, "Where to; standard output unless given")->type_name("FILE");
  CLI::App& check = *app.add_subcommand("check", "Say in plain words whether a model and its manifest run in a module");
  check.add_option("MODEL", arguments.file)->required();
  check.add_option("--manifest", arguments.manifest, "MODEL.json beside it unless given")->type_name("FILE");
  check.add_option("--arena", arguments.arena_bytes, "Working memory that the board has")->type_name("BYTES");
  CLI::App& evaluate = *app.add_subcommand("evaluate", "Play labelled files through the real pipeline and decision, and count");
  evaluate.add_option("PROFILE", arguments.profile, "keyword or person")->required()->check(profiles);
  evaluate.add_option("--data", arguments.evaluate.data, "One folder of files for each class")->required()->type_name("FOLDER");
  evaluate.add_option("--model", arguments.evaluate.model, "The shipped one unless given")->type_name("FILE");
  evaluate.add_option("--manifest", arguments.evaluate.manifest, "MODEL.json beside it unless given")->type_name("FILE");
  evaluate.add_flag("--ignore-envelope", arguments.evaluate.ignore_envelope, "Judge what is out of the envelope too: to choose its limits");
  evaluate.add_option("--scores", arguments.evaluate.scores, "Also write one JSON line for each file")->type_name("FILE");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  if (app.got_subcommand("list")) return List(arguments);
  if (app.got_subcommand(&install)) return Install(arguments);
  if (app.got_subcommand(&verify)) {
    std::cout << arguments.file.string() << ": " << Verify(arguments.file, Zoo(arguments)) << "\n";
    return kDone;
  }
  if (app.got_subcommand(&make_template)) return Template(arguments);
  if (app.got_subcommand(&check)) return Check(arguments);
  arguments.evaluate.profile = arguments.profile == "keyword" ? Profile::kKeyword : Profile::kPerson;
  arguments.evaluate.json = arguments.json;
  return Evaluate(arguments.evaluate, std::cout) ? kDone : kFailed;
}

}  // namespace
}  // namespace mls::models

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // A limit on file sizes shows as a failed write.
  try {
    return mls::models::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "mlsensor-models: " << error.what() << std::endl;
    return 1;
  }
}
