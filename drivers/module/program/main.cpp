// mlsensor-module: an ML sensor without hardware. See docs/man/mlsensor-module.1.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

#include "mls/core/engine/operators.h"
#include "mls/core/module/self_test.h"
#include "module_process.h"

namespace {

// Signal handlers take no argument of ours.
std::atomic<mls::ModuleProcess*> g_process{nullptr};

void OnSignal(int) { g_process.load()->Stop(); }

int Complain(const std::exception& error, int exit_code) {
  std::cerr << "mlsensor-module: " << error.what() << std::endl;
  return exit_code;
}

int PrintKnownAnswer(const mls::ModelPackage& model) {
  mls::Arena arena(model.arena_bytes);
  mls::InferenceEngine engine;
  if (engine.Prepare(model.bytes(), arena.bytes(), mls::engine::AllOperators()) != mls::Status::kOk) return mls::kExitBadModel;
  const mls::Result<uint32_t> answer = mls::KnownAnswer(engine);
  if (!answer.ok()) return mls::kExitFailure;
  std::cout << *answer << std::endl;
  return mls::kExitOk;
}

int Serve(const mls::Options& options, const mls::ModelPackage& model) {
  mls::ModuleProcess process(options, model);
  g_process = &process;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, OnSignal);
  std::string line = std::string("mlsensor-module: ") + mls::kProfileValues[static_cast<size_t>(model.profile)].name + " sensor \"" +
                     model.name + "\" listening on ";
  for (const std::string& address : process.addresses()) line += (&address == &process.addresses().front() ? "" : ", ") + address;
  std::cout << line << std::endl;
  process.Run();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_DFL);
  return mls::kExitOk;
}

}  // namespace

int main(int argc, char** argv) {
  mls::Options options;
  if (const std::optional<int> exit_code = mls::ParseOptions(argc, argv, options)) return *exit_code;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const mls::ModelPackage model =
        mls::LoadModelPackage(options.model.empty() ? mls::ShippedModel(options.profile) : options.model, options.profile);
    return options.print_known_answer ? PrintKnownAnswer(model) : Serve(options, model);
  } catch (const mls::ModelError& error) {
    return Complain(error, mls::kExitBadModel);
  } catch (const mls::InputError& error) {
    return Complain(error, mls::kExitBadInput);
  } catch (const std::exception& error) {
    return Complain(error, mls::kExitFailure);
  }
}
