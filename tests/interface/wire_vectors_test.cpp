// The golden vectors, which decoders in other languages use as well.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "all_windows.h"
#include "mls/interface/frame.h"

namespace mls {
namespace {
using nlohmann::json;
using Bytes = std::vector<uint8_t>;

const json& Vectors() {
  static const json vectors = [] {
    std::ifstream file(MLS_SOURCE_DIR "/interface/golden/wire.json");
    return json::parse(file);
  }();
  return vectors;
}

Bytes FromHex(const std::string& hex) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

Status StatusOf(const std::string& name) {
  for (const NamedValue& v : kStatusValues) {
    if (name == v.name) return static_cast<Status>(v.value);
  }
  ADD_FAILURE() << "no status " << name;
  return Status::kOk;
}

template <typename S>
S FromFields(const json& fields) {
  S s;
  size_t used = 0;
  S::Fields(s, [&](auto reg, auto& value) {
    const std::string name = reg.kInfo.name;
    const json& field = fields.at(name.substr(name.find('.') + 1));
    ++used;
    if constexpr (std::is_integral_v<typename decltype(reg)::Value>) {
      value = static_cast<std::remove_reference_t<decltype(value)>>(field.get<typename decltype(reg)::Value>());
    } else {
      const Bytes bytes = FromHex(field.get<std::string>());
      ASSERT_EQ(bytes.size(), value.size());
      std::copy(bytes.begin(), bytes.end(), value.begin());
    }
  });
  EXPECT_EQ(used, fields.size());
  return s;
}

// Calls `f` with the structure of a window's name.
template <typename F>
void WithWindow(const std::string& name, F f) {
  bool found = false;
  ForEachWindow([&]<typename W>(std::type_identity<W> type) {
    if (name != kWindowOf<W>.name) return;
    found = true;
    f(type);
  });
  EXPECT_TRUE(found) << name;
}

TEST(WireVectors, Windows) {
  std::set<std::string> seen;
  for (const json& v : Vectors().at("windows")) {
    SCOPED_TRACE(v.at("name"));
    seen.insert(v.at("window"));
    WithWindow(v.at("window"), [&]<typename W>(std::type_identity<W>) {
      const Bytes bytes = FromHex(v.at("bytes"));
      const W window = FromFields<W>(v.at("fields"));
      const uint8_t index = v.at("index");
      Bytes encoded(kWindowOf<W>.size_bytes);
      EncodeWindow(window, encoded, index);
      EXPECT_EQ(encoded, bytes);
      const Result<W> decoded = DecodeWindow<W>(bytes, index);
      ASSERT_TRUE(decoded.ok());
      EXPECT_EQ(*decoded, window);
    });
  }
  EXPECT_EQ(seen.size(), kWindowCount - 1u) << "every window but event_data, whose records have vectors of their own";
}

TEST(WireVectors, BadWindows) {
  for (const json& v : Vectors().at("bad_windows")) {
    SCOPED_TRACE(v.at("name"));
    WithWindow(v.at("window"), [&]<typename W>(std::type_identity<W>) {
      EXPECT_EQ(DecodeWindow<W>(FromHex(v.at("bytes")), v.at("index")).status(), StatusOf(v.at("status")));
    });
  }
}

TEST(WireVectors, Events) {
  for (const json& v : Vectors().at("events")) {
    SCOPED_TRACE(v.at("name"));
    const Bytes bytes = FromHex(v.at("bytes"));
    ASSERT_EQ(bytes.size(), kEventRecordBytes);
    const auto event = FromFields<EventRecord>(v.at("fields"));
    std::array<uint8_t, kEventRecordBytes> encoded{};
    EncodeEvent(event, encoded, v.at("slot"));
    EXPECT_EQ(Bytes(encoded.begin(), encoded.end()), bytes);
    const Result<EventRecord> decoded = DecodeEvent(encoded, v.at("slot"));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, event);
  }
}

TEST(WireVectors, Frames) {
  FrameDecoder decoder;
  for (const json& v : Vectors().at("frames")) {
    SCOPED_TRACE(v.at("name"));
    const Bytes bytes = FromHex(v.at("bytes"));
    const Bytes payload = FromHex(v.at("payload"));
    const FrameHeader header{static_cast<FrameOperation>(v.at("operation").get<int>()), v.at("tag"), v.at("address"),
                             v.at("length")};
    const EncodedFrame encoded = EncodeFrame(header, payload);
    EXPECT_EQ(Bytes(encoded.span().begin(), encoded.span().end()), bytes);
    Status last = Status::kNotReady;
    for (uint8_t byte : bytes) last = decoder.Push(byte);
    EXPECT_EQ(last, Status::kOk);
    EXPECT_EQ(Bytes(decoder.payload().begin(), decoder.payload().end()), payload);
  }
}

TEST(WireVectors, Streams) {
  for (const json& v : Vectors().at("streams")) {
    SCOPED_TRACE(v.at("name"));
    FrameDecoder decoder;
    json outcomes = json::array();
    for (uint8_t byte : FromHex(v.at("bytes"))) {
      const Status status = decoder.Push(byte);
      if (status == Status::kNotReady) continue;
      json outcome = {{"status", kStatusValues[static_cast<size_t>(status)].name}};
      if (status == Status::kOk) {
        outcome["operation"] = static_cast<uint8_t>(decoder.header().operation);
        outcome["tag"] = decoder.header().tag;
        outcome["address"] = decoder.header().address;
        outcome["length"] = decoder.header().length;
        outcome["payload"] = "";
        EXPECT_TRUE(decoder.payload().empty()) << "the vectors' streams carry read requests";
      }
      outcomes.push_back(outcome);
    }
    EXPECT_EQ(outcomes, v.at("outcomes"));
  }
}

TEST(WireVectors, CrcAndCobs) {
  for (const json& v : Vectors().at("crc16")) EXPECT_EQ(Crc16().Add(FromHex(v.at("bytes"))).value(), v.at("crc"));
  for (const json& v : Vectors().at("cobs")) {
    const Bytes raw = FromHex(v.at("raw"));
    Bytes packed(raw.size() + raw.size() / 254 + 1);
    packed.resize(CobsEncode(raw, packed));
    EXPECT_EQ(packed, FromHex(v.at("packed")));
  }
}

}  // namespace
}  // namespace mls
