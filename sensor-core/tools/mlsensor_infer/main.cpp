// mlsensor-infer: runs a model on this computer: on files, for its time, for its plan.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "arena_map.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operator.h"
#include "mls/core/engine/operators.h"

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

enum ExitStatus { kDone = 0, kBadModel = 1, kBadFile = 2 };

struct Times {
  double median_us, p99_us;
};
Times Summarize(std::vector<double> us) {
  std::ranges::sort(us);
  return {us[us.size() / 2], us[us.size() * 99 / 100]};
}

template <typename Work>
double Microseconds(const Work& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

Json Describe(const mls::TensorInfo& info) {
  static const std::map<mls::TensorType, const char*> kTypes = {
      {mls::TensorType::kFloat32, "float32"}, {mls::TensorType::kInt32, "int32"}, {mls::TensorType::kUint8, "uint8"},
      {mls::TensorType::kInt64, "int64"},     {mls::TensorType::kInt16, "int16"}, {mls::TensorType::kInt8, "int8"}};
  return {{"shape", std::vector<int32_t>(info.shape().begin(), info.shape().end())},
          {"type", kTypes.at(info.type)},
          {"scale", info.scale},
          {"zero_point", info.zero_point},
          {"bytes", info.bytes}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs a TensorFlow Lite model with int8 weights on this computer.");
  std::string model_path, in_path, out_path, picture_path;
  size_t bench = 0, arena_bytes = 0;
  bool plan = false, json = false, portable = false;
  app.add_option("model", model_path, "The .tflite file")->required();
  app.add_option("--in", in_path,
                 "All input tensors back to back, in the order of the model; one inference for each set of them");
  app.add_option("--out", out_path, "Where all output tensors go, back to back (default: as text)");
  app.add_option("--bench", bench, "Time this many inferences, whole and by operator");
  app.add_flag("--plan", plan, "Show memory and steps, and what lies where in the arena");
  app.add_option("--plan-svg", picture_path, "Draw what lies where in the arena, and when, into this file");
  app.add_option("--arena", arena_bytes, "Grant this many bytes of arena (default: what full speed takes)");
  app.add_flag("--portable", portable, "Use the portable kernels instead of those for this processor");
  app.add_flag("--json", json, "One JSON object");
  CLI11_PARSE(app, argc, argv);

  const auto read = [](const std::string& path, std::vector<uint8_t>& bytes) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return false;
    bytes.assign(std::istreambuf_iterator<char>(file), {});
    return true;
  };
  std::vector<uint8_t> model, inputs;
  if (!read(model_path, model)) {
    std::cerr << "mlsensor-infer: cannot read " << model_path << "\n";
    return kBadFile;
  }

  const mls::OperatorSet operators = portable ? mls::engine::portable::AllOperators() : mls::engine::AllOperators();
  mls::InferenceEngine engine;
  mls::Diagnostics why;
  std::vector<std::byte> arena(arena_bytes);
  mls::Status status = engine.Prepare(model, arena, operators, &why);
  while (arena_bytes == 0 && why.full_speed_bytes != 0) {
    arena.resize(why.full_speed_bytes);
    status = engine.Prepare(model, arena, operators, &why);
  }
  if (status != mls::Status::kOk) {
    std::cerr << "mlsensor-infer: " << model_path << ": " << mls::StatusName(status) << ": " << why.message << "\n";
    return kBadModel;
  }

  std::vector<ArenaBlock> blocks;
  if (plan || !picture_path.empty()) {
    std::vector<std::byte> copy(arena.size());  // The plan in `arena` stays as it is.
    blocks = MapArena(model, copy, operators);
  }
  if (!picture_path.empty()) {
    std::ofstream picture(picture_path);
    picture << DrawArena(blocks, engine.arena_used_bytes(), engine.plan_bytes(),
                         std::filesystem::path(model_path).filename().string());
    if (!picture.flush()) {
      std::cerr << "mlsensor-infer: cannot write " << picture_path << "\n";
      return kBadFile;
    }
  }

  Json result = {{"model", model_path},
                 {"arena_bytes", engine.arena_used_bytes()},
                 {"plan_bytes", engine.plan_bytes()},
                 {"full_speed_bytes", why.full_speed_bytes == 0 ? engine.arena_used_bytes() : why.full_speed_bytes},
                 {"macs", engine.macs()},
                 {"inputs", Json::array()},
                 {"outputs", Json::array()}};
  for (int i = 0; i < engine.input_count(); ++i) result["inputs"].push_back(Describe(engine.input_info(i)));
  for (int i = 0; i < engine.output_count(); ++i) result["outputs"].push_back(Describe(engine.output_info(i)));

  if (!in_path.empty()) {
    std::string parts;
    size_t set_bytes = 0;
    for (int i = 0; i < engine.input_count(); ++i) {
      set_bytes += engine.input(i).size();
      parts += (i == 0 ? "" : " + ") + std::to_string(engine.input(i).size());
    }
    if (set_bytes == 0) {
      std::cerr << "mlsensor-infer: the model has no inputs: leave out --in\n";
      return kBadFile;
    }
    if (!read(in_path, inputs)) {
      std::cerr << "mlsensor-infer: cannot read " << in_path << "\n";
      return kBadFile;
    }
    if (inputs.empty() || inputs.size() % set_bytes != 0) {
      std::cerr << "mlsensor-infer: " << in_path << " has " << inputs.size()
                << " bytes: not a whole number of inputs of "
                << (engine.input_count() == 1 ? parts : parts + " = " + std::to_string(set_bytes)) << " bytes\n";
      return kBadFile;
    }
    std::ofstream out;
    if (!out_path.empty()) out.open(out_path, std::ios::binary);
    Json results = Json::array();
    for (auto next = inputs.cbegin(); next != inputs.cend();) {
      for (int i = 0; i < engine.input_count(); ++i) {
        const auto input = engine.input(i);
        std::copy_n(next, input.size(), input.begin());
        next += static_cast<ptrdiff_t>(input.size());
      }
      if (engine.Invoke() != mls::Status::kOk) return kBadModel;
      Json outputs = Json::array();
      for (int i = 0; i < engine.output_count(); ++i) {
        const auto output = engine.output(i);
        if (out_path.empty()) {
          outputs.push_back(std::vector<int>(output.begin(), output.end()));
        } else {
          out.write(reinterpret_cast<const char*>(output.data()), static_cast<std::streamsize>(output.size()));
        }
      }
      if (out_path.empty()) results.push_back(outputs.size() == 1 ? outputs[0] : outputs);
    }
    if (!out_path.empty() && !out.flush()) {
      std::cerr << "mlsensor-infer: cannot write " << out_path << "\n";
      return kBadFile;
    }
    if (out_path.empty()) result["results"] = results;
  }

  if (bench > 0) {
    std::vector<double> whole(bench);
    std::vector<std::vector<double>> steps(static_cast<size_t>(engine.step_count()), std::vector<double>(bench));
    for (double& us : whole) us = Microseconds([&] { engine.Invoke(); });
    for (size_t i = 0; i < bench; ++i) {
      for (size_t s = 0; s < steps.size(); ++s) {
        steps[s][i] = Microseconds([&] { engine.InvokeStep(static_cast<int32_t>(s)); });
      }
    }
    const Times times = Summarize(whole);
    result["median_us"] = times.median_us;
    result["p99_us"] = times.p99_us;
    result["best_us"] = *std::ranges::min_element(whole);
    result["layers"] = Json::array();
    const std::vector<std::string> names = OperatorNames(model);
    for (size_t s = 0; s < steps.size(); ++s) {
      const Times layer = Summarize(steps[s]);
      const int32_t number = engine.step_operator(static_cast<int32_t>(s));
      result["layers"].push_back({{"operator", number}, {"name", names.at(static_cast<size_t>(number))},
                                  {"median_us", layer.median_us}, {"p99_us", layer.p99_us}});
    }
  }

  if (plan) {
    for (const auto& [packing, name] :
         {std::pair(mls::Packing::kPacked, "packed"), std::pair(mls::Packing::kNoRoom, "unpacked")}) {
      result[name] = Json::array();
      for (int32_t s = 0; s < engine.step_count(); ++s) {
        if (engine.step_packing(s) == packing) result[name].push_back(engine.step_operator(s));
      }
    }
  }
  for (const ArenaBlock& block : blocks) {
    result["arena"].push_back({{"name", block.name},
                               {"offset", block.offset},
                               {"bytes", block.bytes},
                               {"first", block.first},
                               {"last", block.last}});
  }
  if (json) {
    std::cout << result.dump() << "\n";
    return kDone;
  }
  std::printf("%s: %llu multiply-accumulates, %u bytes of arena\n", model_path.c_str(),
              static_cast<unsigned long long>(engine.macs()), engine.arena_used_bytes());
  if (plan) {
    std::printf("  plan %u bytes, tensors and scratch %u bytes, %d steps\n", engine.plan_bytes(),
                engine.arena_used_bytes() - engine.plan_bytes(), engine.step_count());
    std::printf("  operators with their weights packed in the plan: %s\n", result["packed"].dump().c_str());
    if (!result["unpacked"].empty()) {
      std::printf("  operators that run slower, as there is no room to pack theirs: %s (%u bytes of arena would do)\n",
                  result["unpacked"].dump().c_str(), why.full_speed_bytes);
    }
    for (const char* side : {"inputs", "outputs"}) {
      for (const Json& tensor : result[side]) std::printf("  %s %s\n", side, tensor.dump().c_str());
    }
    std::printf("  %10s %10s  operators\n", "address", "bytes");
    for (const ArenaBlock& block : blocks) {
      std::printf("  %10u %10u  %d to %d: %s\n", block.offset, block.bytes, block.first, block.last,
                  block.name.c_str());
    }
  }
  if (result.contains("results")) {
    for (const Json& output : result["results"]) std::printf("%s\n", output.dump().c_str());
  }
  if (bench > 0) {
    const double median = result["median_us"];
    std::printf("  median %.1f us, 99th percentile %.1f us, best %.1f us\n", median, result["p99_us"].get<double>(),
                result["best_us"].get<double>());
    for (const Json& layer : result["layers"]) {
      const double us = layer["median_us"];
      std::printf("    %3d %-24s %9.2f us %5.1f%% %s\n", layer["operator"].get<int>(),
                  layer["name"].get_ref<const std::string&>().c_str(), us, 100 * us / median,
                  std::string(static_cast<size_t>(50 * us / median), '#').c_str());
    }
  }
  return kDone;
}
