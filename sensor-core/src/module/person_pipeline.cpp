#include "mls/core/module/person_pipeline.h"

#include "pipeline_parts.h"

namespace mls {
namespace {

uint16_t FlagsOf(const ImageEnvelope& envelope) {
  return static_cast<uint16_t>((envelope.too_dark ? kTooDark : 0) | (envelope.too_bright ? kTooBright : 0) |
                               (envelope.flat ? kFlat : 0) | (envelope.frozen ? kFrozen : 0) |
                               (envelope.blurred ? kBlurred : 0));
}

// What the front end's pixels minus 128 stand for: 0 to 1, 0 to 255 (any scale with -128), or -1 to 1.
bool TakesPixels(const TensorInfo& input) {
  return input.zero_point == -128 || ((input.zero_point == -1 || input.zero_point == 0) && input.scale > 0.0077f &&
                                      input.scale < 0.0079f);
}

}  // namespace

PersonPipeline::PersonPipeline(FrameSource& source, const PersonPipelineSetup& setup)
    : Pipeline(kCanRotate), source_(source), setup_(setup), front_end_(setup.front_end) {}

Status PersonPipeline::DoBind(const InferenceEngine& engine, size_t label_count) {
  const TensorInfo input = engine.input_info();
  if (engine.input_count() != 1 || engine.output_count() != 1 || input.type != TensorType::kInt8) {
    return Status::kUnsupported;
  }
  if (input.rank != 4 || input.dims[0] != 1 || (input.dims[3] != 1 && input.dims[3] != 3)) return Status::kUnsupported;
  if (input.dims[1] > ImageFrontEnd::kMaxTensorSide_px || input.dims[2] > ImageFrontEnd::kMaxTensorSide_px ||
      !TakesPixels(input)) {
    return Status::kUnsupported;
  }
  setup_.front_end.tensor_height_px = input.dims[1];
  setup_.front_end.tensor_width_px = input.dims[2];
  setup_.front_end.tensor_channels = input.dims[3];
  if (!IsPosterior(engine.output_info()) || engine.output_info().bytes != label_count ||
      setup_.person_class >= label_count) {
    return Status::kUnsupported;
  }
  return Status::kOk;
}

void PersonPipeline::DoConfigure(const Config& config) {
  setup_.front_end.rotation = static_cast<Rotation>(config.orientation & (kRotate90 | kRotate180));
  setup_.front_end.mirror = (config.orientation & kMirror) != 0;
  front_end_ = ImageFrontEnd(setup_.front_end);
  average_count_ = config.average_count;
  [[maybe_unused]] const Status status = decision_.Configure(DecisionConfigOf(config));
  assert(status == Status::kOk);  // CheckConfig has seen to that.
}

void PersonPipeline::DoSetPowered(bool powered) { source_.SetPowered(powered); }

Result<Capture> PersonPipeline::DoTake(std::span<int8_t> input, uint32_t now_ms) {
  const auto picture = source_.Borrow();
  if (!picture.ok()) return picture.status();
  const Status status = front_end_.WriteTensor(*picture, input);
  source_.Release();
  if (status != Status::kOk) return status;
  return Capture{.is_complete = true, .captured_ms = now_ms, .flags = FlagsOf(front_end_.envelope())};
}

Judgement PersonPipeline::DoJudge(std::span<const int8_t> output, bool usable, uint32_t captured_ms) {
  const PresenceOutput seen = decision_.Update({.time_ms = captured_ms,
                                                .score_permille = PosteriorPermille(output[setup_.person_class]),
                                                .valid = usable});
  return {.decision = seen.decision,
          .label = seen.valid ? setup_.person_class : kNoLabel,
          .count = seen.decision == Decision::kPositive,
          .score_permille = seen.score_permille,
          .score_kind = ScoreKindOf(seen.valid, average_count_),
          .event = seen.report ? EventType::kPresence : EventType::kNone};
}

}  // namespace mls
