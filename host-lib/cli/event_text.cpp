#include "event_text.h"

#include "mls/host/names.h"
#include "output.h"

namespace mls::cli {
namespace {

// What `detail` and `value` of an event mean, under names of the register map.
Json Meaning(const EventRecord& record) {
  switch (record.type) {
    case EventType::kPresence:
    case EventType::kResult: return {{"decision", NameOf<"result.decision">(record.detail)}};
    case EventType::kReset: return {{"reset_cause", NameOf<"status.reset_cause">(record.detail)}};
    case EventType::kPowerMode: return {{"power_mode", NameOf<"config.power_mode">(record.detail)}};
    case EventType::kOverflow: return {{"lost", record.value}};
    case EventType::kConfigChanged: return {{"config_generation", record.value}};
    case EventType::kFault:
      return {{"error_domain", NameOf<"status.error_domain">(record.detail)},
              {"error_code", StatusName(static_cast<Status>(record.value))}};
    default: return Json::object();
  }
}

std::vector<std::string> Flags(const EventRecord& record) {
  const uint16_t flags = record.type == EventType::kEnvelope ? record.value : record.flags;
  return FlagNames(kReg<"result.flags">.kInfo, flags);
}

}  // namespace

Json EventToJson(const Event& event) {
  const EventRecord& record = event.record;
  Json json = {
      {"sequence", record.sequence},
      {"type", NameOf<"event_data.type">(record.type)},
      {"label", event.label.empty() ? Json() : Json(event.label)},
      {"score", event.has_score() ? Json(event.score()) : Json()},
      {"time_ms", record.time_ms},
      {"host_time", IsoTime(event.host_time)},
      {"host_time_uncertainty_ms", static_cast<double>(event.uncertainty.count()) / 1000.0},
      {"flags", Flags(record)},
      {"label_number", record.label == kNoLabel ? Json() : Json(record.label)},
      {"score_permille", event.has_score() ? Json(record.value) : Json()},
      {"detail", record.detail},
      {"value", record.value},
  };
  json.update(Meaning(record));
  return json;
}

// Time, number, type, then what the type has to say.
std::string EventToText(const Event& event) {
  const EventRecord& record = event.record;
  std::string text = LocalTime(event.host_time) + "  " + PadRight("#" + std::to_string(record.sequence), 7);
  const std::string type = NameOf<"event_data.type">(record.type);
  std::string rest;
  const auto add = [&](const std::string& part) { rest.append(rest.empty() ? "" : "  ").append(part); };
  const Json meaning = Meaning(record);
  for (const auto& [name, value] : meaning.items()) {
    add(value.is_string() ? value.get<std::string>() : name + " " + value.dump());
  }
  if (!event.label.empty()) add(event.label);
  if (event.has_score()) add(FormatScore(event.score()));
  const std::vector<std::string> flags = Flags(record);
  if (!flags.empty() && flags != std::vector<std::string>{"valid"}) add("(" + Join(flags, ", ") + ")");
  return text + (rest.empty() ? type : PadRight(type, 15) + rest);
}

}  // namespace mls::cli
