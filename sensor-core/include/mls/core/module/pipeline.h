// Pipeline: what turns captures into decisions. There is one for sound and one for pictures; Module drives it.
#pragma once

#include "mls/core/engine/engine.h"
#include "mls/interface/windows.h"

namespace mls {

// What came of one look at the source.
struct Capture {
  bool is_complete = false;  // The model's input tensor is filled. Not so while sound is still being gathered.
  uint32_t captured_ms = 0;  // Module time at the end of the capture.
  uint16_t flags = 0;        // ResultFlag: in what way it is out of envelope.
};

// What the decision filters make of a capture.
struct Judgement {
  Decision decision = Decision::kUnknown;
  uint8_t label = kNoLabel;
  uint8_t count = 0;
  uint16_t score_permille = 0;
  ScoreKind score_kind = ScoreKind::kNone;
  EventType event = EventType::kNone;  // kDetection or kPresence: to be reported with label and score.
};

class Pipeline {
 public:
  // Capability: what the pipeline adds to those of the module.
  uint32_t capabilities() const { return capabilities_; }

  // Checks that this model, as prepared, takes what the front end gives and gives what the filters take; `label_count`
  // classes. kUnsupported: it does not.
  Status Bind(const InferenceEngine& engine, size_t label_count) { return DoBind(engine, label_count); }

  // Takes over a configuration that has passed CheckConfig. The filters start afresh: what they had gathered belongs to
  // the old one.
  void Configure(const Config& config) { DoConfigure(config); }

  // Turns the transducer on or off. Sound that was gathered before is forgotten.
  void SetPowered(bool powered) { DoSetPowered(powered); }

  // Borrows one capture, writes it into the model's input tensor and gives it back. kNotReady, kEndOfInput, and
  // failures: as the source's Borrow, or as the front end's refusal.
  Result<Capture> Take(std::span<int8_t> input, uint32_t now_ms) { return DoTake(input, now_ms); }

  // Scores and decides. `usable`: the capture was in the envelope and inference succeeded; otherwise the output is not
  // looked at, and the decision is unknown.
  Judgement Judge(std::span<const int8_t> output, bool usable, uint32_t captured_ms) {
    return DoJudge(output, usable, captured_ms);
  }

 protected:
  explicit Pipeline(uint32_t capabilities) : capabilities_(capabilities) {}
  ~Pipeline() = default;

 private:
  virtual Status DoBind(const InferenceEngine& engine, size_t label_count) = 0;
  virtual void DoConfigure(const Config& config) = 0;
  virtual void DoSetPowered(bool powered) = 0;
  virtual Result<Capture> DoTake(std::span<int8_t> input, uint32_t now_ms) = 0;
  virtual Judgement DoJudge(std::span<const int8_t> output, bool usable, uint32_t captured_ms) = 0;

  const uint32_t capabilities_;
};

}  // namespace mls
