// mlsensor-module: an ML sensor without hardware. See docs/man/mlsensor-module.1.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "mls/core/engine/operators.h"
#include "mls/core/module/self_test.h"
#include "module_process.h"

namespace {

// Signal handlers take no argument of ours.
std::atomic<std::vector<std::unique_ptr<mls::ModuleProcess>>*> g_processes{nullptr};

void StopAll() {
  if (auto* const processes = g_processes.load()) {
    for (const auto& process : *processes) process->Stop();
  }
}

void OnSignal(int) { StopAll(); }

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

void Announce(const std::vector<mls::ModelPackage>& models, const std::vector<std::unique_ptr<mls::ModuleProcess>>& processes,
              const std::vector<mls::Options>& modules) {
  std::string line = "mlsensor-module: ";
  for (size_t i = 0; i < processes.size(); ++i) {
    if (i > 0) line += "; ";
    line += std::string(mls::kProfileValues[static_cast<size_t>(models[i].profile)].name) + " sensor \"" + models[i].name + "\" listening on ";
    std::vector<std::string> addresses = processes[i]->addresses();
    if (!modules[i].i2c_bus.empty()) addresses.push_back(modules[i].i2c_bus);
    for (const std::string& address : addresses) line += (&address == &addresses.front() ? "" : ", ") + address;
  }
  std::cout << line << std::endl;
}

// All modules until they are told to stop, or one fails.
void RunAll(std::vector<std::unique_ptr<mls::ModuleProcess>>& processes) {
  std::vector<std::exception_ptr> errors(processes.size());
  const auto run = [&](size_t i) {
    try {
      processes[i]->Run();
    } catch (...) {
      errors[i] = std::current_exception();
    }
    StopAll();
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < processes.size(); ++i) others.emplace_back(run, i);
  run(0);
  for (std::thread& other : others) other.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

int Serve(const std::vector<mls::Options>& modules, const std::vector<mls::ModelPackage>& models) {
  std::optional<mls::VhostUserBus> bus;
  if (!modules.front().i2c_bus.empty()) bus.emplace(modules.front().i2c_bus, modules.size());
  std::vector<std::unique_ptr<mls::ModuleProcess>> processes;
  for (size_t i = 0; i < modules.size(); ++i) {
    processes.push_back(std::make_unique<mls::ModuleProcess>(modules[i], models[i], bus ? &*bus : nullptr, i));
  }
  g_processes = &processes;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, OnSignal);
  Announce(models, processes, modules);
  RunAll(processes);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_DFL);
  g_processes = nullptr;
  return mls::kExitOk;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<mls::Options> modules;
  if (const std::optional<int> exit_code = mls::ParseOptions(argc, argv, modules)) return *exit_code;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    std::vector<mls::ModelPackage> models;
    for (const mls::Options& options : modules) {
      models.push_back(mls::LoadModelPackage(options.model.empty() ? mls::ShippedModel(options.profile) : options.model, options.profile));
    }
    return modules.front().print_known_answer ? PrintKnownAnswer(models.front()) : Serve(modules, models);
  } catch (const mls::ModelError& error) {
    return Complain(error, mls::kExitBadModel);
  } catch (const mls::InputError& error) {
    return Complain(error, mls::kExitBadInput);
  } catch (const std::exception& error) {
    return Complain(error, mls::kExitFailure);
  }
}
