#include "mls/core/module/keyword_pipeline.h"

#include "pipeline_parts.h"

namespace mls {
namespace {

uint16_t FlagsOf(const AudioEnvelope& envelope) {
  return static_cast<uint16_t>((envelope.too_quiet ? kTooQuiet : 0) | (envelope.clipped ? kClipped : 0) |
                               (envelope.stuck ? kFrozen : 0));
}

}  // namespace

KeywordPipeline::KeywordPipeline(AudioSource& source, const KeywordPipelineSetup& setup)
    : Pipeline(0), source_(source), setup_(setup), front_end_(setup.front_end) {}

Status KeywordPipeline::DoBind(const InferenceEngine& engine, size_t label_count) {
  const TensorInfo input = engine.input_info();
  if (engine.input_count() != 1 || engine.output_count() != 1 || input.type != TensorType::kInt8) {
    return Status::kUnsupported;
  }
  AudioFrontEndConfig front_end = setup_.front_end;
  for (AudioPreset preset : {AudioPreset::kLogMel40, AudioPreset::kMfcc10}) {
    front_end.preset = preset;
    front_end_ = AudioFrontEnd(front_end);
    if (front_end_.tensor_size() == input.bytes) break;
  }
  if (front_end_.tensor_size() != input.bytes) return Status::kUnsupported;
  const auto quantizer = FeatureQuantizer::Make(input.scale, input.zero_point);
  if (!quantizer.ok()) return Status::kUnsupported;
  quantizer_ = *quantizer;
  if (label_count == 0 || label_count > kMaxKeywordLabels) return Status::kUnsupported;
  if (!IsPosterior(engine.output_info()) || engine.output_info().bytes != label_count) return Status::kUnsupported;
  label_count_ = label_count;
  return Status::kOk;
}

void KeywordPipeline::DoConfigure(const Config& config) {
  average_count_ = config.average_count;
  [[maybe_unused]] const Status status = decision_.Configure(
      DecisionConfigOf(config),
      {.count = label_count_, .never_fires = setup_.never_fires, .offsets_permille = setup_.word_offsets_permille});
  assert(status == Status::kOk);  // CheckConfig and DoBind have seen to that.
}

void KeywordPipeline::DoSetPowered(bool powered) {
  source_.SetPowered(powered);
  front_end_.Reset();
  hops_ = 0;
}

Result<Capture> KeywordPipeline::DoTake(std::span<int8_t> input, uint32_t now_ms) {
  const auto samples = source_.Borrow(AudioFrontEnd::kHopSamples);
  if (!samples.ok()) {
    // After a failure the next samples do not follow on the last.
    if (samples.status() != Status::kNotReady) front_end_.Reset();
    return samples.status();
  }
  const int frames = front_end_.Push(*samples);
  source_.Release();
  hops_ = static_cast<uint8_t>(std::min(hops_ + frames, 255));
  Capture capture{.captured_ms = now_ms};
  if (frames == 0 || !front_end_.window_ready() || hops_ < setup_.evaluate_every_hops) return capture;
  hops_ = 0;
  const Status status = front_end_.WriteTensor(quantizer_, input);
  if (status != Status::kOk) return status;
  capture.is_complete = true;
  capture.flags = FlagsOf(front_end_.envelope());
  return capture;
}

Judgement KeywordPipeline::DoJudge(std::span<const int8_t> output, bool usable, uint32_t captured_ms) {
  std::array<uint16_t, kMaxKeywordLabels> posteriors;
  std::transform(output.begin(), output.end(), posteriors.begin(), PosteriorPermille);
  const KeywordOutput heard = decision_.Update(captured_ms, std::span(posteriors).first(output.size()), usable);
  return {.decision = heard.decision,
          .label = heard.valid ? static_cast<uint8_t>(heard.label) : kNoLabel,
          .count = heard.decision == Decision::kPositive,
          .score_permille = heard.score_permille,
          .score_kind = ScoreKindOf(heard.valid, average_count_),
          .event = heard.event ? EventType::kDetection : EventType::kNone};
}

}  // namespace mls
