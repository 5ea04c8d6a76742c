// Golden vectors of the wire: what every encoder must write and every decoder must make of it, in any language.
#include <algorithm>
#include <tuple>

#include "exports.h"
#include "mls/interface/windows.h"

namespace mls::exports {
namespace {
using Json = nlohmann::ordered_json;
using Bytes = std::vector<uint8_t>;

const char* NameOf(Status status) { return kStatusValues[static_cast<size_t>(status)].name; }

// Fields by the names of their registers without the window; byte arrays as hexadecimal.
template <typename S>
Json FieldsJson(const S& s) {
  Json fields;
  S::Fields(s, [&](auto reg, const auto& value) {
    using Value = typename decltype(reg)::Value;
    const std::string_view name = reg.kInfo.name;
    Json& field = fields[std::string(name.substr(name.find('.') + 1))];
    if constexpr (std::is_integral_v<Value>) {
      field = static_cast<Value>(value);
    } else {
      field = Hex(value);
    }
  });
  return fields;
}

// Fills every field with bytes that `next` gives.
template <typename S, typename Next>
S Filled(Next next) {
  S s;
  S::Fields(s, [&](auto reg, auto& value) {
    using Value = typename decltype(reg)::Value;
    if constexpr (std::is_integral_v<Value>) {
      Value number = 0;
      for (size_t i = 0; i < sizeof(Value); ++i)
        number = static_cast<Value>(number | static_cast<Value>(next()) << (8 * i));
      value = static_cast<std::remove_reference_t<decltype(value)>>(number);
    } else {
      for (uint8_t& byte : value) byte = next();
    }
  });
  return s;
}

template <typename W>
Bytes Encoded(const W& window, uint8_t index = 0) {
  Bytes bytes(kWindowOf<W>.size_bytes);
  EncodeWindow(window, bytes, index);
  return bytes;
}

template <typename W>
Json WindowVector(const std::string& name, const W& window, uint8_t index = 0) {
  const WindowInfo& info = kWindowOf<W>;
  Json json = {{"name", name}, {"window", info.name}, {"address", info.address}, {"page", nullptr}};
  if (info.page != kNotPaged) json["page"] = info.page;
  json["index"] = index;
  json["fields"] = FieldsJson(window);
  json["bytes"] = Hex(Encoded(window, index));
  return json;
}

template <typename... W>
void AddGenericVectors(Json& list, std::tuple<W...>*) {
  uint32_t state = 1;
  auto counted = [&] { return static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24); };
  (list.push_back(WindowVector(std::string(kWindowOf<W>.name) + ": after reset", W{})), ...);
  (list.push_back(WindowVector(std::string(kWindowOf<W>.name) + ": all bits set",
                               Filled<W>([] { return uint8_t{0xFF}; }), kWindowOf<W>.page == kNotPaged ? 0 : 255)),
   ...);
  (list.push_back(WindowVector(std::string(kWindowOf<W>.name) + ": mixed bytes", Filled<W>(counted),
                               kWindowOf<W>.page == kNotPaged ? 0 : 1)),
   ...);
}

Ident ExampleIdent() {
  Ident ident;
  ident.profile = Profile::kPerson;
  ident.hardware_revision = 2;
  ident.vendor_id = 0x1234;
  ident.product_id = 7;
  ident.firmware_minor = 1;
  ident.firmware_patch = 300;
  ident.model_id = 0xDEADBEEF;
  ident.capabilities = kCanReportEvents | kCanSelfTest | kCanNotify;
  ident.settle_time_ms = 250;
  ident.label_count = 2;
  ident.event_capacity = 32;
  return ident;
}

LatestResult ExampleResult() {
  LatestResult result;
  result.sequence = 513;
  result.flags = kValid;
  result.captured_ms = 70000;
  result.age_ms = 42;
  result.config_generation = 3;
  result.score_permille = 912;
  result.decision = Decision::kPositive;
  result.count = 1;
  result.label = 1;
  result.score_kind = ScoreKind::kPosterior;
  result.objects[0] = {10, 20, 100, 200, 232};
  return result;
}

ModuleStatus ExampleStatus() {
  ModuleStatus status;
  status.boot_stage = BootStage::kRunning;
  status.state = kReady | kResultAvailable;
  status.interrupt_pending = kInterruptCommand;
  status.interrupt_enable = kInterruptEvent | kInterruptCommand;
  status.uptime_ms = 70050;
  status.command = Command::kCommit;
  status.command_token = 9;
  status.command_verdict = Verdict::kContradiction;
  status.command_field = kReg<"config.low_threshold_permille">.kAddress;
  status.config_generation = 3;
  return status;
}

EventRecord ExampleEvent(uint32_t sequence) {
  return {sequence, 69000 + sequence, EventType::kDetection, kValid, 2, 0, 874};
}

LabelText ExampleLabel() {
  LabelText label;
  std::ranges::copy(std::string_view("yes"), label.text.begin());
  return label;
}

Json Windows() {
  using All =
      std::tuple<Ident, ModuleStatus, LatestResult, EventHeader, Config, Control, PowerCounters, Privacy,
                 SelfTestReport, Identity, FirmwareHashHalf, ModelHashHalf, DatasheetHashHalf, LabelText, CrashText, SoftAddress>;
  static_assert(std::tuple_size_v<All> + 1 == kWindowCount, "every window but event_data has one structure");
  Json list = Json::array();
  AddGenericVectors(list, static_cast<All*>(nullptr));
  list.push_back(WindowVector("ident: a person module", ExampleIdent()));
  list.push_back(WindowVector("status: a commit was refused", ExampleStatus()));
  list.push_back(WindowVector("result: a person", ExampleResult()));
  list.push_back(WindowVector("events: two wait, three were lost", EventHeader{2, 5, 3, 41, 42, 70001}));
  list.push_back(WindowVector("label: the second class", ExampleLabel(), 1));
  return list;
}

Json EventVector(const std::string& name, const EventRecord& event, size_t slot) {
  std::array<uint8_t, kEventRecordBytes> bytes{};
  EncodeEvent(event, bytes, slot);
  return {{"name", name},
          {"slot", slot},
          {"address", EventRecordAddress(slot)},
          {"fields", FieldsJson(event)},
          {"bytes", Hex(bytes)}};
}

Json Events() {
  Json list = Json::array();
  for (size_t slot : {0, 1}) {
    const std::string suffix = slot == 0 ? ", first slot" : ", second slot";
    list.push_back(EventVector("empty" + suffix, {}, slot));
    list.push_back(EventVector("a keyword" + suffix, ExampleEvent(41 + static_cast<uint32_t>(slot)), slot));
    list.push_back(EventVector("all bits set" + suffix, Filled<EventRecord>([] { return uint8_t{0xFF}; }), slot));
  }
  return list;
}

Json FrameVector(const std::string& name, const FrameHeader& header, const Bytes& payload) {
  return {{"name", name},
          {"operation", static_cast<uint8_t>(header.operation)},
          {"tag", header.tag},
          {"address", header.address},
          {"length", header.length},
          {"payload", Hex(payload)},
          {"bytes", Hex(EncodeFrame(header, payload).span())}};
}

Bytes Response(WireStatus status, const Bytes& data) {
  Bytes payload(1 + data.size(), static_cast<uint8_t>(status));
  std::copy(data.begin(), data.end(), payload.begin() + 1);
  return payload;
}

FrameHeader Header(FrameOperation operation, uint8_t tag, uint8_t address, size_t length) {
  return {operation, tag, address, static_cast<uint8_t>(length)};
}

Json Frames() {
  using enum FrameOperation;
  const Bytes result = Response(WireStatus::kOk, Encoded(ExampleResult()));
  const Bytes refused = Response(WireStatus::kReadOnly, {});
  std::array<uint8_t, kEventRecordBytes> event{};
  EncodeEvent(ExampleEvent(41), event);
  Json list = Json::array();
  list.push_back(FrameVector("read result", Header(kRead, 1, 0x40, 30), {}));
  list.push_back(FrameVector("response: result", Header(kResponse, 1, 0x40, result.size()), result));
  list.push_back(FrameVector("write high threshold", Header(kWrite, 2, 0xA0, 2), {0xBC, 0x02}));
  list.push_back(FrameVector("response: written", Header(kResponse, 2, 0xA0, 1), Response(WireStatus::kOk, {})));
  list.push_back(FrameVector("response: read-only", Header(kResponse, 3, 0x00, 1), refused));
  list.push_back(
      FrameVector("notify: a keyword", Header(kNotify, 0, 0x80, event.size()), {event.begin(), event.end()}));
  list.push_back(FrameVector("acknowledge event 42", Header(kWrite, 4, 0xE4, 4), {42, 0, 0, 0}));
  list.push_back(FrameVector("select page 7, index 1", Header(kWrite, 5, 0xE0, 2), {7, 1}));
  list.push_back(FrameVector("commit with token 9", Header(kWrite, 6, 0xEA, 2), {1, 9}));
  list.push_back(FrameVector("longest payload, all zero", Header(kWrite, 0, 0, 64), Bytes(64, 0)));
  list.push_back(FrameVector("longest payload, no zero", Header(kWrite, 255, 255, 64), Bytes(64, 0xFF)));
  list.push_back(FrameVector("read with the largest length", Header(kRead, 255, 255, 255), {}));
  Bytes alternating(32);
  for (size_t i = 1; i < alternating.size(); i += 2) alternating[i] = static_cast<uint8_t>(i);
  list.push_back(FrameVector("every other byte is zero", Header(kWrite, 7, 0xA0, 32), alternating));
  return list;
}

// Any bytes as a frame with a sound CRC.
Bytes Packed(Bytes raw) {
  const uint16_t crc = Crc16().Add(raw).value();
  raw.push_back(static_cast<uint8_t>(crc));
  raw.push_back(static_cast<uint8_t>(crc >> 8));
  Bytes packed(raw.size() + 2);
  packed.resize(CobsEncode(raw, packed));
  packed.push_back(0);
  return packed;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Streams: what a decoder says in turn, nothing left out. Frames that are sound carry their content.
Json Streams() {
  const EncodedFrame encoded = EncodeFrame({FrameOperation::kRead, 1, 0x40, 30}, {});
  const Bytes frame(encoded.span().begin(), encoded.span().end());
  const Json sound = {{"status", "ok"},  {"operation", 1}, {"tag", 1},
                      {"address", 0x40}, {"length", 30},   {"payload", ""}};
  const Json bad_crc = {{"status", NameOf(Status::kBadCrc)}};
  const Json protocol = {{"status", NameOf(Status::kProtocol)}};
  const auto stream = [](const char* name, const Bytes& bytes, std::initializer_list<Json> outcomes) {
    return Json{{"name", name}, {"bytes", Hex(bytes)}, {"outcomes", Json(outcomes)}};
  };
  Bytes flipped = frame;
  flipped[2] ^= 0x10;
  Bytes truncated(frame.begin(), frame.end() - 3);
  truncated.push_back(0);
  Json list = Json::array();
  list.push_back(stream("one frame", frame, {sound}));
  list.push_back(stream("two frames back to back", frame + frame, {sound, sound}));
  list.push_back(stream("zeros before, between and after", Bytes(3, 0) + frame + Bytes(2, 0) + frame + Bytes(1, 0),
                        {sound, sound}));
  list.push_back(stream("a flipped bit", flipped + frame, {bad_crc, sound}));
  list.push_back(stream("a frame cut short", truncated + frame, {protocol, sound}));
  list.push_back(stream("garbage, a zero, a frame", Bytes{0x55, 0xAA, 0x31, 0} + frame, {protocol, sound}));
  list.push_back(
      stream("garbage runs into a frame: both are lost", Bytes{0x05, 0x61, 0x62} + frame + frame, {protocol, sound}));
  list.push_back(stream("a code that points beyond the end", Bytes{9, 1, 2, 3, 0} + frame, {protocol, sound}));
  list.push_back(stream("shorter than a header and a CRC", Packed({1, 1, 0x40}) + frame, {protocol, sound}));
  list.push_back(stream("payload longer than its length", Packed({2, 1, 0xA0, 1, 5, 6}) + frame, {protocol, sound}));
  list.push_back(stream("payload shorter than its length", Packed({2, 1, 0xA0, 3, 5, 6}) + frame, {protocol, sound}));
  list.push_back(stream("a read with a payload", Packed({1, 1, 0x40, 2, 5, 6}) + frame, {protocol, sound}));
  list.push_back(stream("one byte more than the longest payload", Packed(Bytes{2, 1, 0xA0, 65} + Bytes(65, 7)) + frame,
                        {protocol, sound}));
  list.push_back(stream("far too long", Bytes(300, 0x11) + Bytes{0} + frame, {protocol, sound}));
  return list;
}

Json BadWindow(const char* name, const char* window, uint8_t index, const Bytes& bytes, Status status) {
  return {{"name", name}, {"window", window}, {"index", index}, {"bytes", Hex(bytes)}, {"status", NameOf(status)}};
}

Json BadWindows() {
  const Bytes result = Encoded(ExampleResult());
  const auto flipped = [&](size_t bit) {
    Bytes bytes = result;
    bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    return bytes;
  };
  Json list = Json::array();
  list.push_back(BadWindow("first bit flipped", "result", 0, flipped(0), Status::kBadCrc));
  list.push_back(BadWindow("decision flipped", "result", 0, flipped(14 * 8), Status::kBadCrc));
  list.push_back(
      BadWindow("last bit of the CRC flipped", "result", 0, flipped(result.size() * 8 - 1), Status::kBadCrc));
  list.push_back(BadWindow("one byte short", "result", 0, {result.begin(), result.end() - 1}, Status::kShortTransfer));
  list.push_back(BadWindow("nothing", "result", 0, {}, Status::kShortTransfer));
  list.push_back(BadWindow("nobody drives the bus", "result", 0, Bytes(30, 0xFF), Status::kBadCrc));
  list.push_back(BadWindow("the bus is stuck low", "result", 0, Bytes(30, 0x00), Status::kBadCrc));
  list.push_back(BadWindow("read from another address", "events", 0, Encoded(Config{}), Status::kBadCrc));
  list.push_back(BadWindow("the reset answered half way", "result", 0,
                           Bytes(result.begin(), result.begin() + 12) + Bytes(18, 0xFF), Status::kBadCrc));
  list.push_back(BadWindow("another page", "firmware_hash", 0, Encoded(ModelHashHalf{}), Status::kNotReady));
  list.push_back(BadWindow("another entry", "label", 0, Encoded(ExampleLabel(), 1), Status::kNotReady));
  return list;
}

Json Crcs() {
  Json list = Json::array();
  for (const Bytes& bytes :
       {Bytes{}, Bytes{0}, Bytes{0xFF, 0xFF}, Bytes{'1', '2', '3', '4', '5', '6', '7', '8', '9'}}) {
    list.push_back({{"bytes", Hex(bytes)}, {"crc", Crc16().Add(bytes).value()}});
  }
  return list;
}

Json CobsVectors() {
  const auto run = [](int first, int last) {
    Bytes bytes;
    for (int i = first; i <= last; ++i) bytes.push_back(static_cast<uint8_t>(i));
    return bytes;
  };
  Json list = Json::array();
  for (const Bytes& raw :
       {Bytes{}, Bytes{0}, Bytes{0, 0}, Bytes{0, 0x11, 0}, Bytes{0x11, 0x22, 0, 0x33}, Bytes{0x11, 0, 0, 0},
        run(1, 253), run(1, 254), run(0, 254), run(1, 255), run(2, 255) + Bytes{0}, run(3, 255) + Bytes{0, 1}}) {
    Bytes packed(raw.size() + raw.size() / 254 + 1);
    packed.resize(CobsEncode(raw, packed));
    list.push_back({{"raw", Hex(raw)}, {"packed", Hex(packed)}});
  }
  return list;
}

template <typename R>
Json WriteVector(R reg, typename R::Value value) {
  return {{"register", reg.kInfo.name},
          {"value", value},
          {"address", reg.kAddress},
          {"bytes", Hex(EncodeWrite(reg, value))}};
}

Json Writes() {
  Json list = Json::array();
  list.push_back(WriteVector(kReg<"config.high_threshold_permille">, 700));
  list.push_back(WriteVector(kReg<"control.page">, 7));
  list.push_back(WriteVector(kReg<"control.event_ack">, 0x01020304));
  list.push_back(WriteVector(kReg<"control.protocol_error_clear">, kBadLength | kStalled));
  list.push_back(WriteVector(kReg<"control.time_latch">, 5));
  return list;
}

// One vector a line.
void AppendSection(std::string& text, const char* name, const Json& list, bool last = false) {
  text += std::string(" \"") + name + "\": [\n";
  for (size_t i = 0; i < list.size(); ++i) text += "  " + list[i].dump() + (i + 1 < list.size() ? ",\n" : "\n");
  text += last ? " ]\n" : " ],\n";
}
}  // namespace

std::string WireVectors() {
  std::string text = "{\n";
  AppendSection(text, "crc16", Crcs());
  AppendSection(text, "cobs", CobsVectors());
  AppendSection(text, "windows", Windows());
  AppendSection(text, "bad_windows", BadWindows());
  AppendSection(text, "events", Events());
  AppendSection(text, "writes", Writes());
  AppendSection(text, "frames", Frames());
  AppendSection(text, "streams", Streams(), true);
  return text + "}\n";
}

}  // namespace mls::exports
