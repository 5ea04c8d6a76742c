// mlsensor-datasheet: make, check, render and sign datasheets from the command line.
//
// Exit status: 0 all is well, 1 the datasheet has faults (or two of them differ), 2 the command could not be carried
// out.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>

#include "embedded.h"
#include "measure_commands.h"
#include "mls/datasheet/compare.h"
#include "mls/datasheet/completeness.h"
#include "mls/datasheet/export.h"
#include "mls/datasheet/footprint.h"
#include "mls/datasheet/generate.h"
#include "mls/datasheet/import.h"
#include "mls/datasheet/lint.h"
#include "mls/datasheet/pdf.h"
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
  if (const auto problems = Validate(document); !problems.empty())
    throw Stop{kFaults, path + ": " + problems.front().text()};
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
    list.push_back({{"rule", finding.rule},
                    {"severity", SeverityName(finding.severity)},
                    {"pointer", finding.where},
                    {"message", finding.message}});
    if (json) continue;
    std::cout << SeverityName(finding.severity) << "  " << finding.rule << "  " << finding.where << "\n    "
              << finding.message << "\n";
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
  std::cout << completeness.filled() << " of " << completeness.fields.size()
            << " fields filled: " << NumberText(std::floor(completeness.score() * 1000) / 10, 4) << " %\n";
  return completeness.score() * 100 >= least ? 0 : kFaults;
}

int RunFootprint(const std::string& path, double power_mw, const std::string& grid) {
  const Json document = LoadOrStop(path, true);
  const Json* found = Find(document, "/hardware/footprint");
  Json facts = found != nullptr ? *found : document;
  if (!facts.is_object()) throw Stop{kFailed, path + ": expected an object, found " + facts.type_name()};
  if (!grid.empty()) facts["grid"] = grid;
  std::optional<Levels> power;
  if (power_mw > 0) power = Levels{power_mw / 1000, power_mw / 1000, power_mw / 1000};
  const Json section = Need(MakeFootprint(facts, power, "--power-mw"));
  std::printf("%-16s %-60s %8s %8s %8s\n", "block", "", "low", "typical", "high");
  for (const FootprintBlock& block : BlocksFrom(section)) {
    std::printf("%-16s %-60s %8.3f %8.3f %8.3f\n", block.block.c_str(), block.detail.c_str(), block.kg.low,
                block.kg.typ, block.kg.high);
  }
  const auto kg = [&](const char* key) { return ValueAt(section, std::string("/") + key).value_or(0); };
  std::printf("%-16s %-60s %8.3f %8.3f %8.3f\n", "total", "kg CO2e", kg("total_low"), kg("total"), kg("total_high"));
  std::printf("%-16s %-60s %8s %8.3f\n", "sensitivity", TextAt(section, "/sensitivity/evidence/formula").c_str(), "",
              kg("sensitivity"));
  for (const Json& statement : ArrayAt(section, "/statements")) std::printf("%s\n", TextAt(statement, "/text").c_str());
  return 0;
}

struct Pages {
  std::string html, markdown, pdf;
};

// Writes the pages that are asked for; says how long the one that is made most often took.
void WritePages(const Json& document, const Pages& pages) {
  if (!pages.html.empty() || !pages.pdf.empty()) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string html = RenderHtml(document);
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    if (!pages.html.empty()) Write(pages.html, html);
    std::cerr << "HTML: " << html.size() / 1000 << " kB in " << NumberText(ms, 3) << " ms\n";
    if (!pages.pdf.empty()) Need(WritePdf(html, pages.pdf));
  }
  if (!pages.markdown.empty()) Write(pages.markdown, RenderMarkdown(document));
}

struct GenerateArguments {
  std::string facts, manifest, results, firmware, firmware_version, device, output;
};

int RunGenerate(const GenerateArguments& arguments, const Pages& pages) {
  GenerateInputs inputs;
  inputs.facts = LoadOrStop(arguments.facts, true);
  if (!arguments.manifest.empty()) {
    inputs.manifest = LoadOrStop(arguments.manifest);
    const auto model = std::filesystem::path(arguments.manifest).parent_path() / TextAt(*inputs.manifest, "/file");
    if (std::filesystem::is_regular_file(model)) inputs.model_file = Need(ReadModelFile(model.string()));
  }
  if (!arguments.results.empty()) {
    inputs.results_text = Need(ReadText(arguments.results));
    inputs.results = LoadOrStop(arguments.results);
  }
  if (!arguments.firmware.empty())
    inputs.firmware_sha256 = Sha256Hex(Need(ReadText(arguments.firmware, 64 * 1024 * 1024)));
  inputs.firmware_version = arguments.firmware_version;
  if (!arguments.device.empty()) TakeFromDevice(arguments.device, inputs);
  const Json document = Need(Generate(inputs));
  Write(arguments.output, ToText(document));
  WritePages(document, pages);
  std::cerr << "SHA-256 " << Need(DatasheetSha256(document)) << ", "
            << NumberText(std::floor(ScoreOf(document).score() * 1000) / 10, 4) << " % of the template filled\n";
  return 0;
}

int RunRender(const std::string& path, Pages pages) {
  if (pages.html.empty() && pages.markdown.empty() && pages.pdf.empty()) pages.markdown = "-";
  WritePages(LoadValid(path), pages);
  return 0;
}

int RunInit(const std::string& output) {
  if (!output.empty() && output != "-" && std::filesystem::exists(output))
    throw Stop{kFailed, output + ": expected a new file, found one that exists: facts are never overwritten"};
  Write(output, std::string(kFactsTemplate));
  return 0;
}

int RunImport(const std::string& path, const std::string& into, const std::string& output) {
  auto card = ImportCard(Need(ReadText(path)), path);
  if (!card.ok()) {
    const Problem& problem = card.problem();
    throw Stop{kFailed, path + (problem.where.empty() ? "" : ", " + problem.where) + ": expected " + problem.expected +
                            ", found " + problem.found};
  }
  const Json facts = into.empty() ? card->facts : MergeFacts(LoadOrStop(into, true), card->facts);
  Write(output, ToText(facts));
  std::cerr << path << ": " << card->format << ", " << card->facts.flatten().size() << " facts\n";
  if (!card->ignored.empty()) {
    std::cerr << "without a place in a datasheet:";
    for (const std::string& field : card->ignored) std::cerr << " " << field;
    std::cerr << "\n";
  }
  return 0;
}

int RunCompare(const std::string& a, const std::string& b, const std::string& html) {
  const Json first = LoadValid(a), second = LoadValid(b);
  if (!html.empty()) Write(html, CompareHtml(first, second));
  else Write("-", CompareMarkdown(first, second));
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
  const auto lines = DiffLines(LoadOrStop(before_path), LoadOrStop(after_path));
  for (const std::string& line : lines) std::cout << line << "\n";
  return lines.empty() ? 0 : kFaults;
}

}  // namespace
}  // namespace mls::datasheet

int main(int argc, char** argv) {
  using namespace mls::datasheet;
  CLI::App app{"Datasheets of ML sensors: make, check, render, sign."};
  app.require_subcommand(1);
  std::function<int()> command;
  std::string file, other, key, output, html, grid;
  double least = 0, power_mw = 0;
  bool explain = false, json = false;
  GenerateArguments generate;
  Pages pages;

  const auto add = [&](const char* name, const char* help, std::function<int()> run) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&command, run] { command = run; });
    return sub;
  };
  const auto with_file = [&](CLI::App* sub) {
    sub->add_option("file", file, "Datasheet (JSON)")->required();
    return sub;
  };

  const auto with_pages = [&](CLI::App* sub) {
    sub->add_option("--html", pages.html, "HTML page to write");
    sub->add_option("--markdown", pages.markdown, "Markdown to write");
    sub->add_option("--pdf", pages.pdf, "PDF to write; needs Chromium or Chrome");
  };
  const auto with_output = [&](CLI::App* sub) {
    sub->add_option("-o,--output", output, "File to write (default: standard output)");
    return sub;
  };

  with_output(add("init", "Write a commented template of declared facts", [&] { return RunInit(output); }));
  CLI::App* import = with_output(add("import", "Take facts over from a model card or a Croissant file",
                                     [&] { return RunImport(file, other, output); }));
  import->add_option("card", file, "Hugging Face model card or model-index, Model Card Toolkit JSON, or Croissant")
      ->required();
  import->add_option("--into", other, "Facts that are kept; only what they lack is taken over");
  with_file(add("validate", "Check against the schema", [&] { return RunValidate(file); }));
  CLI::App* lint =
      with_file(add("lint", "Check a datasheet against itself", [&] { return RunLint(file, explain, json); }));
  lint->add_flag("--explain", explain, "Say why each rule exists");
  lint->add_flag("--json", json, "Findings as JSON");
  with_file(add("score", "How much of the template is filled", [&] {
    return RunScore(file, least);
  }))->add_option("--at-least", least, "Fail below this percentage");
  CLI::App* footprint = with_file(
      add("footprint", "Carbon footprint of declared facts", [&] { return RunFootprint(file, power_mw, grid); }));
  footprint->add_option("--power-mw", power_mw, "Mean power, for the use phase");
  footprint->add_option("--grid", grid, "US, CN, DE, FR, GB, IN, TW or world");
  CLI::App* make =
      add("generate", "Make a datasheet from facts, model and results", [&] { return RunGenerate(generate, pages); });
  make->add_option("facts", generate.facts, "Declared facts (JSON with comments)")->required();
  make->add_option("--model", generate.manifest, "Manifest of the model; the model file beside it must match");
  make->add_option("--results", generate.results, "Measured results of that model");
  make->add_option("--firmware", generate.firmware, "Firmware image, for its hash");
  make->add_option(
      "--device", generate.device,
      "Live module: gives hash and version of the firmware; must run that model, and be what was measured");
  make->add_option("--firmware-version", generate.firmware_version, "Version of the firmware");
  make->add_option("-o,--output", generate.output, "File to write (default: standard output)");
  with_pages(make);
  with_pages(with_file(add("render", "Make pages for people (default: Markdown to standard output)",
                           [&] { return RunRender(file, pages); })));
  CLI::App* to = with_output(with_file(
      add("export", "Write it in a format that others read", [&] { return RunExport(file, other, output); })));
  to->add_option("--format", other, "model-card, model-index, croissant, cyclonedx, spdx, edatasheet or thing")
      ->required();
  add("key", "Make an Ed25519 key pair: PREFIX.key and PREFIX.pub", [&] { return RunKey(output); })
      ->add_option("prefix", output, "Path without ending")
      ->required();
  CLI::App* sign = with_file(
      add("sign", "Sign a datasheet (Ed25519, in-toto statement)", [&] { return RunSign(file, key, output); }));
  sign->add_option("--key", key, "Private key (PEM)")->required();
  sign->add_option("-o,--output", output, "File to write (default: FILE.intoto.json)");
  CLI::App* check =
      with_file(add("check", "Check the signature of a datasheet", [&] { return RunCheck(file, key, other); }));
  check->add_option("--key", key, "Public key (PEM)")->required();
  check->add_option("--statement", other, "Signed statement (default: FILE.intoto.json)");
  CLI::App* compare = add("compare", "Two sensors side by side, with what cannot be compared and why",
                          [&] { return RunCompare(file, other, html); });
  compare->add_option("a", file, "Datasheet (JSON)")->required();
  compare->add_option("b", other, "Another datasheet (JSON)")->required();
  compare->add_option("--html", html, "Page to write (default: Markdown to standard output)");
  with_file(add("diff", "What changed between two revisions", [&] { return RunDiff(file, other); }))
      ->add_option("other", other, "The newer datasheet")
      ->required();
  AddMeasureCommands(app);
  // In the order of the man page.
  for (const auto& [group, names] : std::vector<std::pair<const char*, std::vector<const char*>>>{
           {"Make", {"init", "import", "generate", "render", "export", "footprint"}},
           {"Check", {"validate", "lint", "score", "compare", "diff"}},
           {"Sign", {"key", "sign", "check"}},
           {"Live modules and meters", {"measure", "verify", "energy"}}}) {
    for (const char* name : names) app.get_subcommand(name)->group(group);
  }
  app.footer("See mlsensor-datasheet(1) and docs/datasheet.md.");

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
