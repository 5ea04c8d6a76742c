// mlsensor-datasheet: make, check, render and sign datasheets from the command line.
//
// Exit status: 0 all is well, 1 the datasheet has faults (or two of them differ), 2 the command could not be carried out.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>

#include "embedded.h"
#include "measure_commands.h"
#include "mls/datasheet/completeness.h"
#include "mls/datasheet/export.h"
#include "mls/datasheet/footprint.h"
#include "mls/datasheet/generate.h"
#include "mls/datasheet/lint.h"
#include "mls/datasheet/render.h"
#include "mls/datasheet/schema.h"
#include "mls/datasheet/signature.h"

namespace mls::datasheet {
namespace {

constexpr int kFaults = 1;
constexpr int kFailed = 2;

// Ends a command with its message; caught in main.
struct Stop {
  int status;
  std::string message;
};

template <typename T>
T Need(Outcome<T> outcome) {
  if (!outcome.ok()) throw Stop{kFailed, outcome.problem().text()};
  return std::move(*outcome);
}

Json LoadOrStop(const std::string& path, bool with_comments = false) { return Need(Load(path, {}, with_comments)); }

Json LoadValid(const std::string& path) {
  Json document = LoadOrStop(path);
  if (const auto problems = Validate(document); !problems.empty()) throw Stop{kFaults, path + ": " + problems.front().text()};
  return document;
}

void Write(const std::string& path, const std::string& text) {
  if (path.empty() || path == "-") {
    std::cout << text;
  } else {
    Need(WriteText(path, text));
  }
}

int RunValidate(const std::string& path) {
  const auto problems = Validate(LoadOrStop(path));
  for (const Problem& problem : problems) std::cout << path << ": " << problem.text() << "\n";
  if (problems.empty()) std::cout << path << ": valid\n";
  return problems.empty() ? 0 : kFaults;
}

int RunLint(const std::string& path, bool explain, bool json) {
  const auto findings = Lint(LoadValid(path));
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"rule", finding.rule}, {"severity", SeverityName(finding.severity)}, {"pointer", finding.where}, {"message", finding.message}});
    if (json) continue;
    std::cout << SeverityName(finding.severity) << "  " << finding.rule << "  " << finding.where << "\n    " << finding.message << "\n";
    for (const RuleInfo& info : LintRules()) {
      if (explain && std::string_view(info.rule) == finding.rule) std::cout << "    Why: " << info.why << "\n";
    }
  }
  if (json) std::cout << ToText(list);
  if (!json && findings.empty()) std::cout << path << ": nothing found by " << LintRules().size() << " rules\n";
  return NeedsWork(findings) ? kFaults : 0;
}

int RunScore(const std::string& path, double least) {
  const Completeness completeness = ScoreOf(LoadValid(path));
  for (const TemplateField& field : completeness.fields) {
    if (!field.filled) std::cout << "missing  " << field.section << "  " << field.pointer << "\n";
  }
  std::cout << completeness.filled() << " of " << completeness.fields.size() << " fields filled: " << NumberText(std::floor(completeness.score() * 1000) / 10, 4) << " %\n";
  return completeness.score() * 100 >= least ? 0 : kFaults;
}

int RunFootprint(const std::string& path, double power_mw, const std::string& grid) {
  const Json document = LoadOrStop(path, true);
  const Json* found = Find(document, "/hardware/footprint");
  Json facts = found != nullptr ? *found : document;
  if (!grid.empty()) facts["grid"] = grid;
  std::optional<Kilograms> power;
  if (power_mw > 0) power = Kilograms{power_mw / 1000, power_mw / 1000, power_mw / 1000};
  const Json section = Need(MakeFootprint(facts, power, "--power-mw"));
  std::printf("%-16s %-60s %8s %8s %8s\n", "block", "", "low", "typical", "high");
  for (const FootprintBlock& block : BlocksFrom(section)) {
    std::printf("%-16s %-60s %8.3f %8.3f %8.3f\n", block.block.c_str(), block.detail.c_str(), block.kg.low, block.kg.typ, block.kg.high);
  }
  const auto kg = [&](const char* key) { return ValueAt(section, std::string("/") + key).value_or(0); };
  std::printf("%-16s %-60s %8.3f %8.3f %8.3f\n", "total", "kg CO2e", kg("total_low"), kg("total"), kg("total_high"));
  std::printf("%-16s %-60s %8s %8.3f\n", "sensitivity", TextAt(section, "/sensitivity/evidence/formula").c_str(), "", kg("sensitivity"));
  for (const Json& statement : ArrayAt(section, "/statements")) std::printf("%s\n", TextAt(statement, "/text").c_str());
  return 0;
}

struct GenerateArguments {
  std::string facts, manifest, results, firmware, firmware_version, device, output;
};

int RunGenerate(const GenerateArguments& arguments) {
  GenerateInputs inputs;
  inputs.facts = LoadOrStop(arguments.facts, true);
  if (!arguments.manifest.empty()) {
    inputs.manifest = LoadOrStop(arguments.manifest);
    const auto model = std::filesystem::path(arguments.manifest).parent_path() / TextAt(*inputs.manifest, "/file");
    if (std::filesystem::is_regular_file(model)) inputs.model_sha256 = Sha256Hex(Need(ReadText(model.string(), 64 * 1024 * 1024)));
  }
  if (!arguments.results.empty()) {
    inputs.results_text = Need(ReadText(arguments.results));
    inputs.results = LoadOrStop(arguments.results);
  }
  if (!arguments.firmware.empty()) inputs.firmware_sha256 = Sha256Hex(Need(ReadText(arguments.firmware, 64 * 1024 * 1024)));
  inputs.firmware_version = arguments.firmware_version;
  if (!arguments.device.empty()) TakeFromDevice(arguments.device, inputs);
  const Json document = Need(Generate(inputs));
  Write(arguments.output, ToText(document));
  std::cerr << "SHA-256 " << Need(DatasheetSha256(document)) << ", " << NumberText(std::floor(ScoreOf(document).score() * 1000) / 10, 4) << " % of the template filled\n";
  return 0;
}

int RunRender(const std::string& path, const std::string& html, const std::string& markdown) {
  const Json document = LoadValid(path);
  if (!html.empty()) Write(html, RenderHtml(document));
  if (!markdown.empty()) Write(markdown, RenderMarkdown(document));
  if (html.empty() && markdown.empty()) Write("-", RenderMarkdown(document));
  return 0;
}

int RunExport(const std::string& path, const std::string& name, const std::string& output) {
  const ExportFormat* format = FindExportFormat(name);
  if (format == nullptr) {
    std::string names;
    for (const ExportFormat& known : ExportFormats()) names += std::string("\n  ") + known.name + ": " + known.summary;
    throw Stop{kFailed, "no format \"" + name + "\"; there are" + names};
  }
  Write(output, ToText(format->make(LoadValid(path))));
  return 0;
}

int RunKey(const std::string& prefix) {
  const KeyPair pair = Need(MakeKeyPair());
  const std::string path = prefix + ".key";
  std::FILE* file = std::fopen(path.c_str(), "wxb");  // an existing key is never overwritten
  if (file == nullptr) throw Stop{kFailed, path + ": expected a new file, found one that exists or cannot be written"};
  std::fputs(pair.private_pem.c_str(), file);
  if (std::fclose(file) != 0) throw Stop{kFailed, path + ": expected a file that can be written, found a write error"};
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  Write(prefix + ".pub", pair.public_pem);
  std::cout << "wrote " << path << " (keep it secret) and " << prefix << ".pub\n";
  return 0;
}

int RunSign(const std::string& path, const std::string& key, const std::string& output) {
  const Json envelope = Need(Sign(LoadValid(path), Need(ReadText(key))));
  Write(output.empty() ? path + ".intoto.json" : output, ToText(envelope));
  return 0;
}

int RunCheck(const std::string& path, const std::string& key, std::string envelope) {
  if (envelope.empty()) envelope = path + ".intoto.json";
  const Json document = LoadOrStop(path);
  const Json signed_by = LoadOrStop(envelope);
  const std::string public_key = Need(ReadText(key));
  const auto statement = CheckSignature(document, signed_by, public_key);
  if (!statement.ok()) throw Stop{kFaults, envelope + ", " + statement.problem().text()};
  std::cout << "good signature over " << TextAt(*statement, "/subject/0/digest/sha256") << "\n";
  return 0;
}

int RunDiff(const std::string& before_path, const std::string& after_path) {
  const Json before = LoadOrStop(before_path);
  const Json after = LoadOrStop(after_path);
  const Json changes = Json::diff(before, after);
  for (const Json& change : changes) {
    const std::string pointer = TextAt(change, "/path");
    const Json* old_value = Find(before, pointer);
    const Json* new_value = Find(change, "/value");
    std::cout << pointer << ": " << (old_value != nullptr && TextAt(change, "/op") != "add" ? old_value->dump() : "none") << " -> " << (new_value != nullptr ? new_value->dump() : "none") << "\n";
  }
  return changes.empty() ? 0 : kFaults;
}

}  // namespace
}  // namespace mls::datasheet

int main(int argc, char** argv) {
  using namespace mls::datasheet;
  CLI::App app{"Datasheets of ML sensors: make, check, render, sign."};
  app.require_subcommand(1);
  std::function<int()> command;
  std::string file, other, key, output, html, markdown, grid;
  double least = 0, power_mw = 0;
  bool explain = false, json = false;
  GenerateArguments generate;

  const auto add = [&](const char* name, const char* help, std::function<int()> run) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&command, run] { command = run; });
    return sub;
  };
  const auto with_file = [&](CLI::App* sub) { sub->add_option("file", file, "Datasheet (JSON)")->required(); return sub; };

  add("init", "Write a commented template of declared facts", [&] { Write(output, std::string(kFactsTemplate)); return 0; })->add_option("-o,--output", output, "File to write (default: standard output)");
  with_file(add("validate", "Check against the schema", [&] { return RunValidate(file); }));
  CLI::App* lint = with_file(add("lint", "Check a datasheet against itself", [&] { return RunLint(file, explain, json); }));
  lint->add_flag("--explain", explain, "Say why each rule exists");
  lint->add_flag("--json", json, "Findings as JSON");
  with_file(add("score", "How much of the template is filled", [&] { return RunScore(file, least); }))->add_option("--at-least", least, "Fail below this percentage");
  CLI::App* footprint = with_file(add("footprint", "Carbon footprint of declared facts", [&] { return RunFootprint(file, power_mw, grid); }));
  footprint->add_option("--power-mw", power_mw, "Mean power, for the use phase");
  footprint->add_option("--grid", grid, "US, CN, DE, FR, GB, IN, TW or world");
  CLI::App* make = add("generate", "Make a datasheet from facts, model and results", [&] { return RunGenerate(generate); });
  make->add_option("facts", generate.facts, "Declared facts (JSON with comments)")->required();
  make->add_option("--model", generate.manifest, "Manifest of the model; the model file beside it must match");
  make->add_option("--results", generate.results, "Measured results of that model");
  make->add_option("--firmware", generate.firmware, "Firmware image, for its hash");
  make->add_option("--device", generate.device, "Live module: gives hash and version of the firmware; must run that model, and be what was measured");
  make->add_option("--firmware-version", generate.firmware_version, "Version of the firmware");
  make->add_option("-o,--output", generate.output, "File to write (default: standard output)");
  CLI::App* render = with_file(add("render", "Make pages for people", [&] { return RunRender(file, html, markdown); }));
  render->add_option("--html", html, "HTML page to write");
  render->add_option("--markdown", markdown, "Markdown to write (default: standard output)");
  CLI::App* to = with_file(add("export", "Write it in a format that others read", [&] { return RunExport(file, other, output); }));
  to->add_option("--format", other, "model-card, model-index, croissant, cyclonedx, spdx or thing")->required();
  to->add_option("-o,--output", output, "File to write (default: standard output)");
  add("key", "Make an Ed25519 key pair: PREFIX.key and PREFIX.pub", [&] { return RunKey(output); })->add_option("prefix", output, "Path without ending")->required();
  CLI::App* sign = with_file(add("sign", "Sign a datasheet (Ed25519, in-toto statement)", [&] { return RunSign(file, key, output); }));
  sign->add_option("--key", key, "Private key (PEM)")->required();
  sign->add_option("-o,--output", output, "File to write (default: FILE.intoto.json)");
  CLI::App* check = with_file(add("check", "Check the signature of a datasheet", [&] { return RunCheck(file, key, other); }));
  check->add_option("--key", key, "Public key (PEM)")->required();
  check->add_option("--statement", other, "Signed statement (default: FILE.intoto.json)");
  with_file(add("diff", "What changed between two revisions", [&] { return RunDiff(file, other); }))->add_option("other", other, "The newer datasheet")->required();
  AddMeasureCommands(app);

  try {
    app.parse(argc, argv);
    return command();
  } catch (const CLI::RuntimeError& ended) {  // A command that reports by itself.
    return ended.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kFailed;
  } catch (const Stop& stop) {
    std::cerr << "mlsensor-datasheet: " << stop.message << "\n";
    return stop.status;
  } catch (const std::exception& error) {
    std::cerr << "mlsensor-datasheet: " << error.what() << "\n";
    return kFailed;
  }
}
