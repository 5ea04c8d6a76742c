// KeywordPipeline: a stream of sound to "this word was spoken".
#pragma once

#include "mls/core/audio/audio_front_end.h"
#include "mls/core/decision/keyword_decision.h"
#include "mls/core/module/pipeline.h"
#include "mls/core/module/sources.h"

namespace mls {

struct KeywordPipelineSetup {
  AudioFrontEndConfig front_end{};  // The preset is chosen by the size of the model's input.
  uint64_t never_fires = 0;         // Bit n: class n is no keyword but silence, noise, or other words.
  // Entry n: what class n needs beyond the thresholds that the host sets; see KeywordLabels. To outlive the pipeline.
  std::span<const int16_t> word_offsets_permille{};
  uint8_t evaluate_every_hops = 5;  // Inference once in so many hops of 20 ms.
};

// The model takes the features of AudioFrontEnd and ends in a softmax over at most kMaxKeywordLabels classes.
class KeywordPipeline final : public Pipeline {
 public:
  KeywordPipeline(AudioSource& source, const KeywordPipelineSetup& setup);

 private:
  Status DoBind(const InferenceEngine& engine, size_t label_count) override;
  void DoConfigure(const Config& config) override;
  void DoSetPowered(bool powered) override;
  Result<Capture> DoTake(std::span<int8_t> input, uint32_t now_ms) override;
  Judgement DoJudge(std::span<const int8_t> output, bool usable, uint32_t captured_ms) override;

  AudioSource& source_;
  const KeywordPipelineSetup setup_;
  AudioFrontEnd front_end_;
  FeatureQuantizer quantizer_;
  KeywordDecision decision_;
  size_t label_count_ = 0;
  uint8_t average_count_ = 1;
  uint8_t hops_ = 0;  // Since the last evaluation.
};

}  // namespace mls
