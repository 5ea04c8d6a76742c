// The lock between the thread that serves the buses and the thread of the pipeline.
#pragma once

#include <mutex>

#include "mls/core/module/ports.h"

namespace mls {

class MutexBusLock final : public BusLock {
 private:
  void DoLock() override { mutex_.lock(); }
  void DoUnlock() override { mutex_.unlock(); }

  std::mutex mutex_;
};

}  // namespace mls
