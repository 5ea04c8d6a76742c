#include "mls/datasheet/plots.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mls::datasheet {
namespace {

constexpr size_t kHistogramBins = 16;

double Share(uint64_t count, uint64_t of) {
  return std::round(1e4 * static_cast<double>(count) / static_cast<double>(of)) / 1e4;
}

Json Line(const char* title, const char* x_label, const char* y_label, Json points) {
  return {{"title", title},     {"kind", "line"},     {"quantity", y_label},
          {"x_label", x_label}, {"y_label", y_label}, {"points", std::move(points)}};
}

Json Histogram(const char* title, std::span<const ScoredTrial> trials, bool positive) {
  std::array<uint64_t, kHistogramBins> bins{};
  for (const ScoredTrial& trial : trials) {
    if (trial.positive != positive) continue;
    ++bins[static_cast<size_t>(std::clamp(trial.score, 0, 999)) * kHistogramBins / 1000];
  }
  Json labels = Json::array();
  for (size_t bin = 0; bin < bins.size(); ++bin)
    labels.push_back(NumberText(static_cast<double>(bin) / kHistogramBins, 3));
  return {{"title", title},       {"kind", "histogram"}, {"quantity", "count"}, {"x_label", "score"},
          {"y_label", "samples"}, {"labels", labels},    {"values", bins}};
}

}  // namespace

Json ScorePlots(std::span<const ScoredTrial> trials) {
  const auto positives = static_cast<uint64_t>(
      std::count_if(trials.begin(), trials.end(), [](const ScoredTrial& trial) { return trial.positive; }));
  const uint64_t negatives = trials.size() - positives;
  if (positives == 0 || negatives == 0) return Json::array();
  Json roc = Json::array(), precision_recall = Json::array();
  for (int threshold = 1010; threshold >= 0; threshold -= 10) {
    uint64_t right = 0, wrong = 0, accepted = 0;
    for (const ScoredTrial& trial : trials) {
      if (!trial.positive) {
        accepted += trial.score >= threshold;
      } else if (trial.score >= threshold) {
        ++right;
      } else {
        wrong += trial.other_score >= threshold;
      }
    }
    const double at = threshold / 1000.0;
    roc.push_back({Share(accepted, negatives), Share(right, positives), at});
    const uint64_t reported = right + wrong + accepted;
    if (reported > 0) precision_recall.push_back({Share(right, positives), Share(right, reported), at});
  }
  return {Line("Receiver operating characteristic", "false-positive rate", "recall", std::move(roc)),
          Line("Precision and recall", "recall", "precision", std::move(precision_recall)),
          Histogram("Scores where there is one", trials, true), Histogram("Scores where there is none", trials, false)};
}

}  // namespace mls::datasheet
