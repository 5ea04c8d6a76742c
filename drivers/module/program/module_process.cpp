#include "module_process.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "mls/core/engine/operators.h"
#include "mls/core/module/frame_server.h"
#include "mls/core/module/keyword_pipeline.h"
#include "mls/core/module/module.h"
#include "mls/core/module/person_pipeline.h"
#include "mls/drivers/module/audio_sources.h"
#include "mls/drivers/module/file_config_store.h"
#include "mls/drivers/module/input_files.h"
#include "mls/drivers/module/mutex_bus_lock.h"
#include "mls/drivers/module/picture_source.h"
#include "sha256.h"

namespace mls {
namespace {

constexpr uint32_t kKeywordWakeMs = 1000;  // a window of 49 frames has to fill
// Commands and periods are looked at this often when nothing else happens.
constexpr std::chrono::milliseconds kTick{10};

void Report(const std::string& text) { std::cerr << "mlsensor-module: " << text << std::endl; }

// The same at each start, and unlike that of other machines and addresses. The machine's own id cannot be told from it.
UniqueId MakeUniqueId(const std::string& address) {
  std::string machine;
  std::getline(std::ifstream("/etc/machine-id"), machine);
  if (machine.empty()) machine = std::to_string(gethostid());
  const std::string text = "mlsensor-module\n" + machine + "\n" + address;
  const Sha256 hash = Sha256Of({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  UniqueId id;
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

// A host's end of a serial link, as FrameServer sees it.
class FrameSession final : public LinkSession, private FrameWriter {
 public:
  FrameSession(RegisterBank& bank, SendFrame send, const WakeEvent& pipeline)
      : send_(std::move(send)), pipeline_(pipeline), server_(bank, *this) {}

  void Feed(std::span<const uint8_t> bytes, uint32_t now_ms) override {
    server_.Feed(bytes, now_ms);
    pipeline_.Set();  // a command may be among them
  }
  void Poll(uint32_t now_ms) override {
    do {
      sent_ = false;
      server_.Poll(now_ms);
    } while (sent_);
  }

 private:
  Status DoWrite(std::span<const uint8_t> frame) override {
    const Status status = send_(frame);
    sent_ = status == Status::kOk;
    return status;
  }

  const SendFrame send_;
  const WakeEvent& pipeline_;
  FrameServer server_;
  bool sent_ = false;
};

}  // namespace

struct ModuleProcess::Life {
  Life(const Options& options, const ModelPackage& model) : clock(options.speed), arena(model.arena_bytes) {
    if (model.profile == Profile::kKeyword) {
      if (options.input == "-") {
        if (isatty(STDIN_FILENO)) throw InputError("standard input is a terminal; pipe raw 16 kHz mono 16-bit samples into it");
        OpenSound(std::make_unique<PcmStreamSource>(STDIN_FILENO, clock, Report), model);
      } else {
        OpenSound(std::make_unique<AudioFileSource>(FindInputFiles(options.input, InputKind::kSound), options.loop, clock, Report),
                  model);
      }
    } else {
      if (options.input == "-") throw InputError("standard input takes sound only; give a picture or a directory of pictures");
      auto source = std::make_shared<PictureFileSource>(FindInputFiles(options.input, InputKind::kPictures),
                                                        options.frames_per_second, options.loop, clock, Report);
      auto person = std::make_shared<PersonPipeline>(*source, PersonPipelineSetup{.front_end = {}, .person_class = model.person_class});
      paced = source;
      pipeline = person;
      keep = {source, person};
    }
    if (!options.config_store.empty()) store = std::make_unique<FileConfigStore>(options.config_store);
  }

  template <typename Source>
  void OpenSound(std::unique_ptr<Source> opened, const ModelPackage& model) {
    std::shared_ptr<Source> source = std::move(opened);
    auto keyword = std::make_shared<KeywordPipeline>(
        *source, KeywordPipelineSetup{.front_end = {.preset = model.audio_preset},
                                      .keywords = model.keywords,
                                      .evaluate_every_hops = model.evaluate_every_hops});
    paced = source;
    pipeline = keyword;
  }

  InputClock clock;
  MutexBusLock lock;
  Arena arena;
  ModuleSetup setup;
};

}  // namespace mls
