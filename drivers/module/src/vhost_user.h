// The device's end of the vhost-user protocol (QEMU's docs/interop/vhost-user.rst): a device of a virtual machine that lives in this process. The
// machine connects to a Unix socket, shares its memory, and from then on talks through queues in that memory.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guest_memory.h"
#include "listener.h"

namespace mls {

// What a device does with the requests of its driver.
class VirtioDevice {
 public:
  virtual ~VirtioDevice() = default;

  // Carries out a request and returns the bytes written into its room; kLater: VhostUserServer::Return will give it back.
  static constexpr uint32_t kLater = UINT32_MAX;
  virtual uint32_t Handle(size_t queue, const Chain& chain) = 0;
  virtual void Reset() = 0;  // The driver is gone, or begins anew: forget all its requests.

  uint64_t features() const { return features_; }
  size_t queue_count() const { return queue_count_; }
  std::span<const uint8_t> config() const { return config_; }

 protected:
  VirtioDevice(uint64_t features, size_t queue_count) : features_(features), queue_count_(queue_count) {}
  std::vector<uint8_t> config_;

 private:
  const uint64_t features_;
  const size_t queue_count_;
};

// One socket, one device, one front end at a time. When the front end goes away, however, the next one is waited for. Nothing that it
// sends can harm the process or hold up the thread.
class VhostUserServer {
 public:
  static constexpr size_t kMaxQueues = 2;

  VhostUserServer(const std::string& socket_path, VirtioDevice& device);  // Throws ListenError.

  bool has_client() const { return static_cast<bool>(client_); }
  bool has_work() const { return has_work_; }  // Serve wants to be called again at once.

  // What to poll for, appended; then Serve with what poll said.
  void AddPolled(std::vector<pollfd>& polled);
  void Serve(std::span<const pollfd> polled);

  // Gives back a request that Handle kept: looks at it once more, stores `answer` at its beginning, and tells the driver.
  void Return(size_t queue, uint16_t head, std::span<const uint8_t> answer);

 private:
  struct Queue {
    Virtqueue ring;
    UniqueFd kick, call;
    bool is_started = false;
    bool is_enabled = true;
  };
  struct Message;

  void ServeClient();
  bool Receive();       // False: nothing more now, or the client is gone.
  void Answer();
  bool SetMemory();
  bool SetQueueFile();  // kick or call
  void Reply(uint32_t payload_bytes);
  void StopQueue(Queue& queue);
  void RunQueue(size_t index);
  void Notify(Queue& queue);
  void Disconnect();

  Listener listener_;
  VirtioDevice& device_;
  UniqueFd client_;
  UniqueFd backend_request_;  // Held open: User Mode Linux insists on one.
  bool has_work_ = false;
  uint64_t protocol_features_ = 0;
  GuestMemory memory_;
  std::array<Queue, kMaxQueues> queues_;
  Chain chain_;

  // The message that is being received.
  std::vector<uint8_t> received_;
  std::vector<UniqueFd> files_;
};

}  // namespace mls
