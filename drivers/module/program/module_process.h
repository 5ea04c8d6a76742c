// The sensor core as a Linux process.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mls/drivers/module/bus_server.h"
#include "mls/drivers/module/vhost_user_bus.h"
#include "mls/drivers/module/wake_event.h"
#include "model_package.h"
#include "options.h"

namespace mls {

class ModuleProcess {
 public:
  // Opens the input, starts the module and listens. `i2c_bus`: null for none; the module has the place `place` on it. Borrows all. Throws
  // InputError, ModelError, ListenError.
  ModuleProcess(const Options& options, const ModelPackage& model, VhostUserBus* i2c_bus, size_t place);
  ~ModuleProcess();

  // Where hosts can connect over serial links, one for each --listen.
  const std::vector<std::string>& addresses() const { return addresses_; }
  // Serves until Stop; starts the module again, with its input, when a host asks for it. Throws as the constructor.
  void Run();
  void Stop();  // Any thread, and a signal handler.

 private:
  struct Life;

  void Begin(ResetCause cause);
  void OpenInput(Life& life) const;
  void RunLife();
  void WaitForInput() const;

  const Options& options_;
  const ModelPackage& model_;
  VhostUserBus* const i2c_bus_;
  const size_t place_;
  const std::vector<std::string_view> labels_;
  Arena arena_;
  UniqueId unique_id_{};
  const Sha256 firmware_hash_;
  const Sha256 datasheet_hash_;
  WakeEvent wake_;  // a host has written something, or the process shall end
  std::atomic<bool> stop_{false};
  std::atomic<uint32_t> tellings_{0};
  std::unique_ptr<Life> life_;
  BusServer server_;
  std::vector<std::string> addresses_;
};

}  // namespace mls
