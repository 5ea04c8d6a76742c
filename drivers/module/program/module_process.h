// The sensor core as a Linux process.
#pragma once

#include "mls/drivers/module/bus_server.h"
#include "model_package.h"
#include "options.h"

namespace mls {

class ModuleProcess {
 public:
  // Throws InputError, ModelError, ListenError.
  ModuleProcess(const Options& options, const ModelPackage& model);
  ~ModuleProcess();

  // Serves until Stop, restarting the module when a host asks for it.
  void Run();
  void Stop();  // Any thread, and a signal handler.

 private:
  struct Life;

  // From one start of the module to the next.
  std::unique_ptr<Life> Begin(ResetCause cause);
  void RunLife(Life& life);
  void WaitForInput(const Life& life) const;
  std::unique_ptr<LinkSession> OpenSession(SendFrame send);

  const Options& options_;
  const ModelPackage& model_;
  const std::vector<std::string_view> labels_;
  Identity identity_;
  Sha256 firmware_hash_{};
  Sha256 datasheet_hash_{};
  WakeEvent wake_;  // a host has written something, or the process shall end
  std::atomic<bool> stop_{false};
  std::unique_ptr<Life> life_;
  BusServer server_;
};

}  // namespace mls
