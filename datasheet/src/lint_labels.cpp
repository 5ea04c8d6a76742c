// Rules about the labels and legal statements.
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "lint_rules.h"

namespace mls::datasheet {
namespace {

const char* DataTypeOf(const std::string& transducer) {
  if (transducer == "camera") return "visual";
  if (transducer == "microphone") return "audio";
  return nullptr;
}

void CheckTransducers(const Json& document, Findings& findings) {
  std::set<std::string> parts;
  ForEach(document, "/hardware/bill_of_materials", [&](const std::string& where, const Json& part) {
    const std::string category = TextAt(part, "/category");
    const char* type = DataTypeOf(category);
    if (type == nullptr) return;
    parts.insert(category);
    if (TextAt(document, std::string("/model/privacy_label/data_types/") + type + "/collects") != "yes") {
      findings.push_back({"privacy-transducer", Severity::kError, where,
                          "The parts list has a " + category + " (" + TextAt(part, "/part") +
                              "), but the privacy label has no entry for " + type + " data."});
    }
  });
  std::set<std::string> listed;
  for (const Json& transducer : ArrayAt(document, "/hardware/transducers")) listed.insert(TextAt(transducer, "/kind"));
  for (const char* kind : {"camera", "microphone"}) {
    if (parts.count(kind) != listed.count(kind)) {
      findings.push_back({"transducer-not-listed", Severity::kWarning, "/hardware/transducers",
                          std::string("A ") + kind + " is in the " +
                              (parts.count(kind) ? "parts list and not in the table of transducers."
                                                 : "table of transducers and not in the parts list.")});
    }
  }
}

bool SaysNo(const std::string& text) {
  return text == "no" || text.starts_with("none") || text.starts_with("nobody") || text.starts_with("No") ||
         text.starts_with("no ");
}

void CheckRetention(const Json& document, Findings& findings) {
  const std::string stored = TextAt(document, "/model/privacy_label/data_types/visual/stored_on_device");
  const std::string heard = TextAt(document, "/model/privacy_label/data_types/audio/stored_on_device");
  if (!SaysNo(stored) && !SaysNo(heard)) return;
  ForEach(document, "/hardware/registers/registers", [&](const std::string& where, const Json& entry) {
    if (!TextAt(entry, "/retains").empty() && NumberAt(entry, "/reset_value").value_or(0) != 0) {
      findings.push_back({"privacy-retention", Severity::kError, where,
                          "Keeps " + TextAt(entry, "/retains") +
                              " by default, but the privacy label says that nothing is stored on the device."});
    }
  });
}

void CheckLegalWording(const Json& document, const std::string& pointer, Findings& findings) {
  ForEach(document, pointer, [&](const std::string& where, const Json& entry) {
    const std::string statement = TextAt(entry, "/statement");
    if (TextAt(entry, "/name").find("GDPR") != std::string::npos &&
        statement.find("designed to support") == std::string::npos) {
      findings.push_back(
          {"legal-wording", Severity::kWarning, where, "Say \"designed to support\", not \"" + statement + "\"."});
    }
  });
}

// Whoever says that nothing leaves the module must not have a register that hands it out.
void CheckRawRegisters(const Json& document, Findings& findings) {
  static const char* const kRaw[] = {"pixel",    "frame_data", "image_data", "picture",
                                     "waveform", "audio_data", "samples",    "recording"};
  ForEach(document, "/hardware/registers/registers", [&](const std::string& where, const Json& entry) {
    const std::string name = TextAt(entry, "/name");
    if (!TextAt(entry, "/access").starts_with("read")) return;
    for (const char* raw : kRaw) {
      if (name.find(raw) == std::string::npos) continue;
      for (const char* type : {"visual", "audio"}) {
        const std::string base = std::string("/model/privacy_label/data_types/") + type;
        if (TextAt(document, base + "/collects") == "yes" && SaysNo(TextAt(document, base + "/shared_with", "no"))) {
          findings.push_back({"privacy-register", Severity::kWarning, where,
                              "The register \"" + name + "\" can be read by any host, but the privacy label shares " +
                                  type + " data with nobody."});
        }
      }
    }
  });
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// The label lists every way in: the buses of the hardware section, and a radio among the parts.
void CheckPorts(const Json& document, Findings& findings) {
  const std::string where = "/model/privacy_label/layer_2/ports_and_protocols";
  const std::string ports = Lower(TextAt(document, where));
  if (ports.empty() || ports == "not disclosed") return;
  for (const auto& [bus, word] :
       {std::pair{"/hardware/communication/i2c", "i2c"}, std::pair{"/hardware/communication/serial", "serial"}}) {
    if (Find(document, bus) != nullptr && ports.find(word) == std::string::npos) {
      findings.push_back({"privacy-ports", Severity::kWarning, where,
                          std::string("The hardware has ") + word + ", the label does not name it."});
    }
  }
  for (const Json& part : ArrayAt(document, "/hardware/bill_of_materials")) {
    const std::string text = Lower(TextAt(part, "/part") + " " + TextAt(part, "/description"));
    for (const char* radio : {"wi-fi", "wifi", "bluetooth", "ble ", "lora", "zigbee", "antenna"}) {
      if (text.find(radio) != std::string::npos && ports.find("no radio") != std::string::npos) {
        findings.push_back({"privacy-ports", Severity::kError, where,
                            "Says \"no radio\", but the parts list has \"" + TextAt(part, "/part") + "\"."});
      }
    }
  }
}

void CheckDatasetLabel(const Json& document, Findings& findings) {
  const std::string label = "/model/dataset_label";
  const std::string profile = TextAt(document, "/overview/profile");
  const std::string humans = TextAt(document, label + "/at_a_glance/about_humans");
  if (humans == "no" && (profile == "person" || profile == "keyword")) {
    findings.push_back({"dataset-humans", Severity::kError, label + "/at_a_glance/about_humans",
                        "A sensor of people or speech learns from data about humans."});
  }
  const std::string consent = TextAt(document, label + "/consent");
  if (humans == "yes" && (consent.empty() || consent == "not disclosed")) {
    findings.push_back({"dataset-humans", Severity::kNote, label + "/consent",
                        "The data are about humans, and nothing is said about their consent."});
  }
}

}  // namespace

void LintLabels(const Json& document, Findings& findings) {
  CheckTransducers(document, findings);
  CheckRetention(document, findings);
  CheckRawRegisters(document, findings);
  CheckPorts(document, findings);
  CheckDatasetLabel(document, findings);
  for (const char* pointer : {"/overview/compliance", "/lifecycle/regulation"})
    CheckLegalWording(document, pointer, findings);
}

}  // namespace mls::datasheet
