// Whatever is wrong with a model or an arena, Prepare says what and where; it never crashes and never over-reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "files.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/kernels.h"
#include "mls/core/engine/operators.h"
#include "small_models.h"

namespace mls {
namespace {

using test::ModelBuilder;
using testing::HasSubstr;

class EngineLoader : public testing::Test {
 protected:
  Status Prepare(std::span<const uint8_t> model) {
    // An exact copy on the heap, so that a sanitizer sees any over-read.
    copy_.assign(model.begin(), model.end());
    copy_.shrink_to_fit();
    return engine_.Prepare(copy_, arena_, engine::AllOperators(), &why_);
  }
  // Prepares, and if there is a plan, runs it.
  Status PrepareAndRun(std::span<const uint8_t> model) {
    const Status status = Prepare(model);
    if (status != Status::kOk) {
      EXPECT_NE(why_.message[0], 0) << "no reason given";
      return status;
    }
    return engine_.macs() < 1000000 ? engine_.Invoke() : Status::kOk;
  }

  std::vector<uint8_t> copy_;
  std::vector<std::byte> arena_ = std::vector<std::byte>(64 * 1024);
  InferenceEngine engine_;
  Diagnostics why_;
};

TEST_F(EngineLoader, SmallNetworkRuns) {
  ASSERT_EQ(Prepare(test::SmallNetwork().Build()), Status::kOk) << why_.message;
  EXPECT_EQ(engine_.input_count(), 1);
  EXPECT_EQ(engine_.output_count(), 1);
  EXPECT_THAT(engine_.input_info().shape(), testing::ElementsAre(1, 6, 5, 2));
  EXPECT_EQ(engine_.input_info().bytes, 60u);
  EXPECT_EQ(engine_.input().size(), 60u);
  EXPECT_THAT(engine_.output_info().shape(), testing::ElementsAre(1, 3));
  EXPECT_EQ(engine_.Invoke(), Status::kOk);
  EXPECT_TRUE(engine_.input(1).empty());
  EXPECT_TRUE(engine_.output(-1).empty());
  EXPECT_EQ(engine_.output_info(7).bytes, 0u);
}

TEST_F(EngineLoader, ModelTruncatedAtAnyByteIsRefusedOrHarmless) {
  for (const auto& model : test::AllSmallNetworks()) {
    for (size_t size = 0; size < model.size(); ++size) PrepareAndRun(std::span(model).first(size));
    EXPECT_NE(Prepare(std::span(model).first(model.size() / 2)), Status::kOk);
    EXPECT_EQ(PrepareAndRun(model), Status::kOk) << why_.message;
  }
}

TEST_F(EngineLoader, AnyByteOfASmallModelMayBeWrong) {
  for (const auto& model : test::AllSmallNetworks()) {
    for (size_t at = 0; at < model.size(); ++at) {
      for (const int flip : {0x01, 0x02, 0x10, 0x40, 0x7f, 0x80, 0xff}) {
        auto damaged = model;
        damaged[at] = static_cast<uint8_t>(damaged[at] ^ flip);
        PrepareAndRun(damaged);
      }
    }
  }
}

TEST_F(EngineLoader, PublishedModelTruncatedAnywhereIsRefused) {
  const auto model = test::ReadFile(MLS_SHARED_DIR "/models/ad01_int8.tflite");
  if (model.empty()) GTEST_SKIP() << "NOT TESTED: " MLS_SHARED_DIR "/models/ad01_int8.tflite is missing";
  // Tables lie at the end of this file, so that any cut removes some.
  for (size_t size = 0; size < model.size(); size += 997) {
    EXPECT_EQ(engine_.Prepare(std::span(model).first(size), arena_, engine::AllOperators(), &why_),
              size < 8 ? Status::kUnsupported : Status::kCorrupt)
        << size << " " << why_.message;
  }
}

TEST_F(EngineLoader, MisalignedModelIsAnInvalidArgument) {
  auto model = test::SmallNetwork().Build();
  model.insert(model.begin(), 0);
  EXPECT_EQ(engine_.Prepare(std::span(model).subspan(1), arena_, engine::AllOperators(), &why_), Status::kInvalidArgument);
  EXPECT_THAT(why_.message, HasSubstr("4-byte aligned"));
}

TEST_F(EngineLoader, OperatorThatIsNotRegisteredNamesItself) {
  const engine::OperatorRegistration* const only_conv[] = {&engine::kConv2D};
  const auto model = test::SmallNetwork().Build();
  EXPECT_EQ(engine_.Prepare(model, arena_, only_conv, &why_), Status::kUnsupported);
  EXPECT_STREQ(why_.message, "DEPTHWISE_CONV_2D (operator 1): not among the registered operators");
  EXPECT_EQ(why_.operator_index, 1);

  auto network = test::SmallNetwork();
  network.operators[2].code = 150;
  EXPECT_EQ(Prepare(network.Build()), Status::kUnsupported);
  EXPECT_STREQ(why_.message, "builtin operator 150 (operator 2): not among the registered operators");
}

TEST_F(EngineLoader, ErrorsAreOptional) {
  EXPECT_EQ(engine_.Prepare({}, arena_, engine::AllOperators()), Status::kUnsupported);
  EXPECT_EQ(engine_.Prepare(test::SmallNetwork().Build(), {}, engine::AllOperators()), Status::kNoMemory);
}

struct Damage {
  const char* name;
  std::function<void(ModelBuilder&)> apply;
  Status status;
  const char* message;  // A part of it.
};

// Tensors of the small network: 0 input, 1 weights, 2 bias, 3 convolved, 4 weights, 5 bias, 6 convolved, 7 pooled, 8 flat,
// 9 weights, 10 bias, 11 scores, 12 output. Operators: CONV_2D, DEPTHWISE_CONV_2D, AVERAGE_POOL_2D, RESHAPE,
// FULLY_CONNECTED, SOFTMAX.
const Damage kDamages[] = {
    {"version", [](auto& m) { m.version = 2; }, Status::kUnsupported, "schema version"},
    {"no subgraph", [](auto& m) { m.subgraphs = 0; }, Status::kUnsupported, "a subgraph is missing"},
    {"no outputs", [](auto& m) { m.outputs = {}; }, Status::kUnsupported, "no outputs"},
    {"no operators", [](auto& m) { m.operators = {}; }, Status::kUnsupported, "no operators"},
    {"output never computed", [](auto& m) { m.operators.pop_back(); }, Status::kCorrupt, "tensor 12 is an output of the model"},
    {"constant output", [](auto& m) { m.outputs = {1}; }, Status::kCorrupt, "never computed"},
    {"input out of range", [](auto& m) { m.inputs = {99}; }, Status::kCorrupt, "does not exist"},
    {"input twice", [](auto& m) { m.inputs = {0, 0}; }, Status::kCorrupt, "written to more than once"},
    {"operator input out of range", [](auto& m) { m.operators[4].inputs[0] = 13; }, Status::kCorrupt, "FULLY_CONNECTED (operator 4)"},
    {"operator input negative", [](auto& m) { m.operators[0].inputs[0] = -2; }, Status::kCorrupt, "does not exist"},
    {"operator input missing", [](auto& m) { m.operators[0].inputs[0] = -1; }, Status::kCorrupt, "an input is missing"},
    {"no inputs", [](auto& m) { m.operators[5].inputs = {}; }, Status::kCorrupt, "an input is missing"},
    {"operator output missing", [](auto& m) { m.operators[5].outputs = {}; }, Status::kCorrupt, "tensor 12 is an output"},
    {"read before it is computed", [](auto& m) { m.operators[1].inputs[0] = 7; }, Status::kCorrupt, "tensor 7 is read before"},
    {"reads its own output", [](auto& m) { m.operators[1].inputs[0] = 6; }, Status::kCorrupt, "tensor 6 is read before"},
    {"writes its input", [](auto& m) { m.operators[1].outputs[0] = 3; }, Status::kCorrupt, "tensor 3 is written to more than once"},
    {"writes a constant", [](auto& m) { m.operators[1].outputs[0] = 4; }, Status::kCorrupt, "tensor 4 is constant"},
    {"element type", [](auto& m) { m.tensors[3].type = 5; }, Status::kUnsupported, "tensor 3 element type"},
    {"input type", [](auto& m) { m.tensors[0].type = 3; }, Status::kUnsupported, "CONV_2D (operator 0): tensor 0 type uint8 is not supported"},
    {"weights type", [](auto& m) { m.tensors[9].type = 3; }, Status::kUnsupported, "tensor 9 type uint8 is not supported"},
    {"variable", [](auto& m) { m.tensors[3].is_variable = true; }, Status::kUnsupported, "variable"},
    {"buffer out of range", [](auto& m) { m.tensors[3].buffer = 14; }, Status::kCorrupt, "tensor 3 its buffer"},
    {"weights too short", [](auto& m) { m.tensors[1].data.pop_back(); }, Status::kCorrupt, "tensor 1 its data"},
    {"weights missing", [](auto& m) { m.tensors[1].data.clear(); }, Status::kCorrupt, "tensor 1 is read before"},
    {"bias too short", [](auto& m) { m.tensors[2].shape = {3}; m.tensors[2].data.resize(12); }, Status::kCorrupt, "tensor 2 bias"},
    {"empty dimension", [](auto& m) { m.tensors[3].shape[1] = 0; }, Status::kUnsupported, "DEPTHWISE_CONV_2D (operator 1): tensor 3 is empty"},
    {"unknown dimension", [](auto& m) { m.tensors[0].shape[0] = -1; }, Status::kUnsupported, "tensor 0 has an unknown"},
    {"huge dimensions", [](auto& m) { m.tensors[3].shape = {1, 65536, 65536, 4}; }, Status::kUnsupported, "tensor 3 is too large"},
    {"six dimensions", [](auto& m) { m.tensors[0].shape = {1, 1, 1, 6, 5, 2}; }, Status::kUnsupported, "five dimensions"},
    {"wrong output height", [](auto& m) { m.tensors[3].shape[1] = 4; }, Status::kCorrupt, "CONV_2D (operator 0): tensor 3 does not have the shape"},
    {"wrong output channels", [](auto& m) { m.tensors[3].shape[3] = 5; }, Status::kCorrupt, "tensor 3 has a different number of channels"},
    {"wrong rank", [](auto& m) { m.tensors[0].shape = {1, 60}; }, Status::kCorrupt, "not a picture"},
    {"not quantised", [](auto& m) { m.tensors[0].quantization.scales.clear(); }, Status::kCorrupt, "tensor 0 is not quantised"},
    {"scale not a number", [](auto& m) { m.tensors[1].quantization.scales[1] = NAN; }, Status::kCorrupt, "tensor 1 has a scale"},
    {"scale infinite", [](auto& m) { m.tensors[0].quantization.scales[0] = INFINITY; }, Status::kCorrupt, "tensor 0 has a scale"},
    {"scale negative", [](auto& m) { m.tensors[0].quantization.scales[0] = -1; }, Status::kCorrupt, "tensor 0 has a scale"},
    {"scale zero", [](auto& m) { m.tensors[3].quantization.scales[0] = 0; }, Status::kCorrupt, "scale is zero"},
    {"scale huge", [](auto& m) { m.tensors[1].quantization.scales[1] = 1e30f; }, Status::kUnsupported, "scale is too large"},
    {"too few scales", [](auto& m) { m.tensors[1].quantization.scales.resize(3); m.tensors[1].quantization.zero_points.resize(3); },
     Status::kCorrupt, "tensor 1 weights are not quantised"},
    {"wrong quantised dimension", [](auto& m) { m.tensors[1].quantization.dimension = 3; }, Status::kCorrupt, "tensor 1 weights are not quantised"},
    {"too few zero points", [](auto& m) { m.tensors[1].quantization.zero_points.resize(2); }, Status::kCorrupt, "tensor 1 does not have one zero point"},
    {"zero point out of range", [](auto& m) { m.tensors[0].quantization.zero_points[0] = 128; }, Status::kCorrupt, "tensor 0 has a zero point"},
    {"zero point beyond 32 bits", [](auto& m) { m.tensors[0].quantization.zero_points[0] = int64_t{1} << 32; }, Status::kCorrupt, "zero point"},
    {"weights with a zero point", [](auto& m) { m.tensors[1].quantization.zero_points[2] = 1; }, Status::kUnsupported, "tensor 1 weights have a zero point"},
    {"stride zero", [](auto& m) { m.operators[0].options[1].value = 0; }, Status::kCorrupt, "stride or dilation"},
    {"stride negative", [](auto& m) { m.operators[0].options[2].value = -1; }, Status::kCorrupt, "stride or dilation"},
    {"padding unknown", [](auto& m) { m.operators[0].options[0].value = 2; }, Status::kCorrupt, "unknown padding"},
    {"activation unknown", [](auto& m) { m.operators[0].options[3].value = 4; }, Status::kUnsupported, "fused activation"},
    {"options of another operator", [](auto& m) { m.operators[0].options_type = 2; }, Status::kCorrupt, "options are damaged"},
    {"window zero", [](auto& m) { m.operators[2].options[3].value = 0; }, Status::kCorrupt, "AVERAGE_POOL_2D (operator 2): window"},
    {"pool changes the scale", [](auto& m) { m.tensors[7].quantization.scales[0] = 2; }, Status::kUnsupported, "tensor 7 output is quantised differently"},
    {"reshape changes the size", [](auto& m) { m.tensors[8].shape = {1, 5}; }, Status::kCorrupt, "RESHAPE (operator 3): tensor 8"},
    {"depth does not fit", [](auto& m) { m.tensors[9].shape = {4, 3}; }, Status::kCorrupt, "does not"},
    {"softmax of another scale", [](auto& m) { m.tensors[12].quantization.scales[0] = 0.5f; }, Status::kUnsupported, "SOFTMAX (operator 5): tensor 12"},
    {"softmax without beta", [](auto& m) { m.operators[5].options = {}; }, Status::kUnsupported, "beta"},
};

TEST_F(EngineLoader, EachDamageIsNamed) {
  for (const Damage& damage : kDamages) {
    auto network = test::SmallNetwork();
    damage.apply(network);
    EXPECT_EQ(Prepare(network.Build()), damage.status) << damage.name << ": " << why_.message;
    EXPECT_THAT(why_.message, HasSubstr(damage.message)) << damage.name;
    EXPECT_FALSE(engine_.ready());
  }
}

TEST_F(EngineLoader, TooSmallArenaGetsASizeThatFits) {
  const auto model = test::SmallNetwork().Build();
  ASSERT_EQ(Prepare(model), Status::kOk);
  for (size_t size = 0; size < engine_.arena_used_bytes(); ++size) {
    InferenceEngine engine;
    Diagnostics why;
    size_t granted = size;
    int tries = 0;
    Status status;
    while ((status = engine.Prepare(model, std::span(arena_).first(granted), engine::AllOperators(), &why)) ==
           Status::kNoMemory) {
      ASSERT_GT(why.required_bytes, granted);
      ASSERT_LE(++tries, 3) << "from " << size;
      granted = why.required_bytes;
    }
    EXPECT_EQ(status, Status::kOk);
    EXPECT_LE(engine.arena_used_bytes(), granted);
  }
  EXPECT_EQ(engine_.Prepare(model, std::span(arena_).first(800), engine::AllOperators(), &why_), Status::kNoMemory);
  EXPECT_THAT(why_.message, HasSubstr("bytes are needed"));
}

TEST_F(EngineLoader, ArenaMayStartAnywhere) {
  const auto model = test::SmallNetwork().Build();
  for (size_t skip = 0; skip < 16; ++skip) {
    EXPECT_EQ(engine_.Prepare(model, std::span(arena_).subspan(skip), engine::AllOperators(), &why_), Status::kOk);
    EXPECT_EQ(engine_.Invoke(), Status::kOk);
  }
}

TEST_F(EngineLoader, FailedPrepareLeavesTheEngineEmpty) {
  ASSERT_EQ(Prepare(test::SmallNetwork().Build()), Status::kOk);
  ASSERT_NE(engine_.Prepare({}, arena_, engine::AllOperators(), &why_), Status::kOk);
  EXPECT_FALSE(engine_.ready());
  EXPECT_EQ(engine_.Invoke(), Status::kNotReady);
  EXPECT_TRUE(engine_.input().empty());
  EXPECT_TRUE(engine_.output().empty());
  EXPECT_EQ(engine_.input_info().bytes, 0u);
}

TEST_F(EngineLoader, OtherSubgraphsAreLeftAlone) {
  auto network = test::SmallNetwork();
  network.subgraphs = 2;
  EXPECT_EQ(Prepare(network.Build()), Status::kOk) << why_.message;
}

// One operator with these tensors; the first are inputs of the model, the last is its output.
ModelBuilder One(int code, std::vector<ModelBuilder::Tensor> tensors, int inputs, int options_type = 0,
                 std::vector<ModelBuilder::Option> options = {}) {
  ModelBuilder m;
  for (auto& tensor : tensors) m.Add(std::move(tensor));
  const int count = static_cast<int>(m.tensors.size());
  ModelBuilder::Operator op{code, {}, {count - 1}, options_type, std::move(options)};
  for (int i = 0; i + 1 < count; ++i) op.inputs.push_back(i);
  for (int i = 0; i < inputs; ++i) m.inputs.push_back(i);
  m.operators = {op};
  m.outputs = {count - 1};
  return m;
}

std::vector<uint8_t> Ints(std::initializer_list<int32_t> values) { return ModelBuilder::Bytes(std::vector<int32_t>(values)); }

const ModelBuilder::Quantization kNone = {};

struct Refusal {
  const char* name;
  ModelBuilder model;
  Status status;
  const char* message;
};

TEST_F(EngineLoader, EachOperatorRefusesWhatItCannotDo) {
  const ModelBuilder::Tensor x = {.shape = {2, 3}}, y = {.shape = {2, 3}}, picture = {.shape = {1, 2, 2, 1}};
  const ModelBuilder::Tensor wide = {.shape = {2, 3}, .type = 7}, real = {.shape = {2, 3}, .type = 0, .quantization = kNone};
  const auto ints = [](std::initializer_list<int32_t> values) {
    return ModelBuilder::Tensor{{static_cast<int32_t>(values.size())}, 2, kNone, Ints(values)};
  };
  const Refusal refusals[] = {
      {"types differ", One(18, {x, wide, y}, 2), Status::kUnsupported, "MUL (operator 0): tensor 1 type int16 is not supported"},
      {"float", One(41, {real, real, real}, 2), Status::kUnsupported, "SUB (operator 0): tensor 0 type float32 is not supported"},
      {"broadcast", One(41, {x, {.shape = {2, 2}}, y}, 2), Status::kCorrupt, "tensor 1 does not broadcast"},
      {"int16 with a zero point", One(18, {wide, {.shape = {2, 3}, .type = 7, .quantization = {{1}, {5}, 0}}, wide}, 2),
       Status::kUnsupported, "tensor 1 has a zero point"},
      {"powers of two", One(0, {wide, wide, wide}, 2), Status::kUnsupported, "powers of two"},
      {"tanh of another scale", One(28, {x, y}, 1), Status::kUnsupported, "TANH (operator 0): tensor 1 output is not quantised"},
      {"hard swish to a finer scale", One(117, {x, {.shape = {2, 3}, .quantization = {{0.001f}, {0}, 0}}}, 1), Status::kUnsupported, "scale is too small"},
      {"alpha huge", One(98, {x, y}, 1, 75, {{0, 4, 0x7f000000}}), Status::kUnsupported, "alpha is out of range"},
      {"concatenation too long", One(2, {x, x, {.shape = {4, 4}}}, 2, 10, {{0, 4, 0}}), Status::kCorrupt, "does not fit the other shapes"},
      {"concatenation too short", One(2, {x, x, {.shape = {3, 3}}}, 2, 10, {{0, 4, 0}}), Status::kCorrupt, "does not have the size of its parts"},
      {"concatenation axis", One(2, {x, {.shape = {2, 3}}}, 1, 10, {{0, 4, 2}}), Status::kCorrupt, "axis is out of range"},
      {"concatenation of scales", One(2, {x, {.shape = {2, 3}, .quantization = {{2}, {0}, 0}}}, 1, 10), Status::kUnsupported, "quantised differently"},
      {"split axis unknown", One(49, {{.shape = {1}, .type = 2, .quantization = kNone}, x, y}, 2, 35), Status::kUnsupported, "tensor 0 is not constant int32"},
      {"transpose names a dimension twice", One(39, {{.shape = {2, 2}}, ints({1, 1}), {.shape = {2, 2}}}, 1), Status::kCorrupt, "names a dimension twice"},
      {"transpose out of range", One(39, {x, ints({0, 2}), y}, 1), Status::kCorrupt, "dimension out of range"},
      {"transpose to a wrong shape", One(39, {x, ints({1, 0}), y}, 1), Status::kCorrupt, "tensor 2 does not have the shape"},
      {"slice with step zero", One(45, {x, ints({0, 0}), ints({2, 3}), ints({1, 0}), y}, 1), Status::kCorrupt, "tensor 3 has a step of zero"},
      {"slice with too many limits", One(45, {x, ints({0, 0, 0}), ints({2, 3, 1}), ints({1, 1, 1}), y}, 1), Status::kCorrupt, "tensor 1 does not have one entry"},
      {"slice with an ellipsis", One(45, {x, ints({0, 0}), ints({2, 3}), ints({1, 1}), y}, 1, 32, {{2, 4, 1}}), Status::kUnsupported, "ellipsis"},
      {"slice of another shape", One(45, {x, ints({0, 1}), ints({2, 3}), ints({1, 1}), y}, 1), Status::kCorrupt, "tensor 4 does not have the shape"},
      {"slice picks outside", One(45, {x, ints({0, 3}), ints({2, 4}), ints({1, 1}), {.shape = {2}}}, 1, 32, {{4, 4, 2}}), Status::kCorrupt, "not there"},
      {"resize to another size", One(97, {picture, ints({3, 3}), {.shape = {1, 3, 4, 1}}}, 1), Status::kCorrupt, "size that is asked for"},
      {"bilinear of floats", One(23, {{.shape = {1, 2, 2, 1}, .type = 0, .quantization = kNone}, ints({2, 2}),
                                     {.shape = {1, 2, 2, 1}, .type = 0, .quantization = kNone}}, 1), Status::kUnsupported, "type float32"},
      {"bilinear twice aligned", One(23, {picture, ints({2, 2}), picture}, 1, 15, {{2, 1, 1}, {3, 1, 1}}), Status::kCorrupt, "cannot both"},
      {"means of nothing", One(40, {{.shape = {0, 3}}, ints({0}), {.shape = {3}}}, 1), Status::kUnsupported, "MEAN (operator 0): tensor 0 is empty"},
      {"handle of no variable", One(143, {{.shape = {}, .type = 13, .quantization = kNone}, y}, 1), Status::kCorrupt, "is not a variable's handle"},
      {"handle of another type", One(142, {y}, 0), Status::kUnsupported, "VAR_HANDLE (operator 0): tensor 0 type int8"},
      {"initialisation without a subgraph", One(129, {y}, 0, 103, {{0, 4, 1}}), Status::kCorrupt, "its subgraph is missing"},
      {"int4 activations", One(39, {{.shape = {2, 3}, .type = 17}, ints({1, 0}), {.shape = {3, 2}, .type = 17}}, 1), Status::kUnsupported, "type int4"},
  };
  for (const Refusal& refusal : refusals) {
    EXPECT_EQ(Prepare(refusal.model.Build()), refusal.status) << refusal.name << ": " << why_.message;
    EXPECT_THAT(why_.message, HasSubstr(refusal.message)) << refusal.name;
  }
}

TEST_F(EngineLoader, OperatorsWithoutOutputValuesHaveNoStep) {
  EXPECT_EQ(PrepareAndRun(One(18, {{.shape = {0, 3}}, {.shape = {3}}, {.shape = {0, 3}}}, 2).Build()), Status::kOk) << why_.message;
  EXPECT_EQ(engine_.step_count(), 0);
  EXPECT_TRUE(engine_.output().empty());
  EXPECT_THAT(engine_.output_info().shape(), testing::ElementsAre(0, 3));
}

TEST_F(EngineLoader, PaddingOfNothingIsPadding) {
  EXPECT_EQ(PrepareAndRun(One(34, {{.shape = {0, 2}, .quantization = {{1}, {-3}, 0}},
                                   {.shape = {2, 2}, .type = 2, .quantization = kNone, .data = Ints({1, 1, 0, 0})},
                                   {.shape = {2, 2}, .quantization = {{1}, {-3}, 0}}}, 1, 22).Build()),
            Status::kOk) << why_.message;
  EXPECT_THAT(engine_.output(), testing::ElementsAre(-3, -3, -3, -3));
}

TEST_F(EngineLoader, VariableWithoutInitialValueStartsAtItsZeroPoint) {
  ModelBuilder m;
  const ModelBuilder::Quantization q = {{1.0f}, {-7}, 0};
  m.Add({.shape = {}, .type = 13, .quantization = kNone});
  m.Add({.shape = {2}, .quantization = q});
  m.Add({.shape = {2}, .quantization = q});
  m.operators = {{142, {}, {0}}, {143, {0}, {2}}, {144, {0, 1}, {}}};
  m.inputs = {1};
  m.outputs = {2};
  ASSERT_EQ(Prepare(m.Build()), Status::kOk) << why_.message;
  std::ranges::fill(engine_.input(), int8_t{9});
  ASSERT_EQ(engine_.Invoke(), Status::kOk);
  EXPECT_THAT(engine_.output(), testing::ElementsAre(-7, -7));
  ASSERT_EQ(engine_.Invoke(), Status::kOk);
  EXPECT_THAT(engine_.output(), testing::ElementsAre(9, 9));
  engine_.Reset();
  ASSERT_EQ(engine_.Invoke(), Status::kOk);
  EXPECT_THAT(engine_.output(), testing::ElementsAre(-7, -7));

  m.tensors[2].shape = {3};
  EXPECT_EQ(Prepare(m.Build()), Status::kCorrupt);
  EXPECT_STREQ(why_.message, "ASSIGN_VARIABLE (operator 2): tensor 1 does not have the size of the variable");
}

int calls = 0;

TEST_F(EngineLoader, BoardMayPutItsOwnKernelInFront) {
  static const engine::OperatorRegistration counting = {3, "CONV_2D on an accelerator", [](engine::PlanContext& context) {
    return engine::PlanConv2D(context, [](const void* params) { ++calls; return engine::RunConv2D(params); }, 1);
  }};
  static const engine::OperatorRegistration declining = {3, "CONV_2D", [](engine::PlanContext& context) {
    context.Require(false, Status::kUnsupported, "not this one");
    return context.status();
  }};
  static const engine::OperatorRegistration failing = {25, "SOFTMAX", [](engine::PlanContext& context) {
    context.SetKernel([](const void*) { return Status::kTimeout; }, nullptr);
    return Status::kOk;
  }};
  std::vector<const engine::OperatorRegistration*> list = {&declining, &counting};
  for (const auto* registration : engine::AllOperators()) list.push_back(registration);
  const auto model = test::SmallNetwork().Build();
  ASSERT_EQ(engine_.Prepare(model, arena_, list, &why_), Status::kOk) << why_.message;
  EXPECT_STREQ(why_.message, "");
  EXPECT_EQ(engine_.Invoke(), Status::kOk);
  EXPECT_EQ(calls, 1);

  list.insert(list.begin(), &failing);
  ASSERT_EQ(engine_.Prepare(model, arena_, list, &why_), Status::kOk) << why_.message;
  EXPECT_EQ(engine_.Invoke(), Status::kTimeout);
}

}  // namespace
}  // namespace mls
