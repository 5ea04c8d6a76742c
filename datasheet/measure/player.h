// Playing a labelled set to a live module and hearing its answers over the registers.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>

#include "child_module.h"
#include "live_module.h"
#include "sound_stream.h"

namespace mls::datasheet {

struct PlaySetup {
  std::filesystem::path program;  // mlsensor-module
  std::filesystem::path model;    // empty: the one that it ships with
  std::string profile;            // "keyword" or "person"
  LiveModule live;                // from Probe
  double frames_per_second = 5;
  SoundStreamOptions sound;
  std::function<bool()> stop;  // asked often; true ends the play early
};

struct Answer {
  size_t sample = 0;     // index into the set
  std::string decided;   // what the module reported: a label, "none", "invalid" (nothing to judge) or "failed" (could
                         // not be decoded)
  int score_permille = -1;             // of the report, or the highest there was without one; -1: none
  std::map<std::string, int> highest;  // keyword: the highest score of each word
  struct Report {
    std::string label;
    int score_permille = 0;
    int at_ms = 0;  // from the begin of the recording
  };
  std::vector<Report> reports;  // keyword: each detection
  uint32_t heard_ms = 0;        // keyword: length of the recording
};
using OnAnswer = std::function<void(const Answer&)>;

struct PlayReport {
  uint64_t inferences = 0;
  uint64_t invalid = 0;
  uint64_t skipped = 0;
  double wall_s = 0;             // from the first sample to the last answer
  // Processor time: of the module for starting and inferring, and of the host for decoding recordings and writing them
  // into the module, in the place of a microphone.
  double inferring_s = 0, playing_s = 0;
  std::vector<size_t> unanswered;  // samples whose events were lost or that were not reached
  bool stopped = false;
};

// What the module says about itself before anything is played. Needs no setup.live.
Outcome<LiveModule> Probe(const PlaySetup& setup);

// Play at the speed of the processor. Answers come in order; each sample of `order` is answered or listed as
// unanswered.
Outcome<PlayReport> PlayKeyword(const PlaySetup& setup, const LabelledSet& set, std::span<const size_t> order,
                                const OnAnswer& on_answer);
Outcome<PlayReport> PlayPerson(const PlaySetup& setup, const LabelledSet& set, std::span<const size_t> order,
                               const OnAnswer& on_answer);

// One reported decision in real time; times in milliseconds.
struct Delay {
  size_t sample = 0;
  double stimulus_to_capture =
      0;  // from the end of the word, or the first picture with the subject, to the capture that decided it
  double capture_to_notify = 0;    // inference, decision and link, until the host is told
  double notify_to_read = 0;       // until the host program has the event
  double uncertainty = 0;          // of the time of capture
};
using OnDelay = std::function<void(const Delay&)>;
Outcome<bool> TimeKeyword(const PlaySetup& setup, const LabelledSet& set, std::span<const size_t> order,
                          const OnDelay& on_delay);
Outcome<bool> TimePerson(const PlaySetup& setup, const LabelledSet& set, std::span<const size_t> order,
                         const OnDelay& on_delay);

// --- For the players ---

inline constexpr std::chrono::hours kForever(24 * 365);

// A module and a host that notes when it is told that there is something new.
struct Stage {
  std::unique_ptr<ChildModule> module;
  Sensor sensor;
  std::shared_ptr<EdgeWaiter> edges;  // of `sensor`
  std::optional<std::chrono::system_clock::time_point> told;  // since the last delivery
};
std::vector<std::string> ArgumentsOf(const PlaySetup& setup, std::vector<std::string> more);
// Starts the module with the shipped decision and reports set to `report` (ReportBit).
Outcome<std::unique_ptr<Stage>> SetStage(const PlaySetup& setup, std::vector<std::string> arguments, bool feeds_input,
                                         uint8_t report);
Problem Lost(const Stage& stage);
// The report with what the module itself has counted.
Outcome<PlayReport> WithCounters(PlayReport report, Stage& stage);
Delay DelayOf(Stage& stage, size_t sample, const Event& event, std::chrono::system_clock::time_point stimulus);

}  // namespace mls::datasheet
