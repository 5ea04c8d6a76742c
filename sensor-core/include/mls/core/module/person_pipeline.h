// PersonPipeline: pictures to "somebody is there".
#pragma once

#include "mls/core/decision/presence_decision.h"
#include "mls/core/image/image_front_end.h"
#include "mls/core/module/pipeline.h"
#include "mls/core/module/sources.h"

namespace mls {

struct PersonPipelineSetup {
  // The model decides about size and channels of the tensor, the configuration about rotation and mirror.
  ImageFrontEndConfig front_end{};
  uint8_t person_class = 1;
};

// The model takes a grey or RGB picture and ends in a softmax over its classes.
class PersonPipeline final : public Pipeline {
 public:
  PersonPipeline(FrameSource& source, const PersonPipelineSetup& setup);

 private:
  Status DoBind(const InferenceEngine& engine, size_t label_count) override;
  void DoConfigure(const Config& config) override;
  void DoSetPowered(bool powered) override;
  Result<Capture> DoTake(std::span<int8_t> input, uint32_t now_ms) override;
  Judgement DoJudge(std::span<const int8_t> output, bool usable, uint32_t captured_ms) override;

  FrameSource& source_;
  PersonPipelineSetup setup_;
  ImageFrontEnd front_end_;
  PresenceDecision decision_;
  uint8_t average_count_ = 1;
};

}  // namespace mls
