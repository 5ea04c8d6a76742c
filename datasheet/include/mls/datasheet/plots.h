// Plots of a datasheet: arrays of data, which the renderers draw.
#pragma once

#include <span>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// Scores are thousandths.
struct ScoredTrial {
  bool positive = false;  // there was something to find
  int score = 0;          // of what there was; without anything the highest of all
  int other_score = 0;    // the highest of anything that was not there, where there was something
};

// Receiver operating characteristic and precision against recall over all thresholds, and a histogram of the scores with
// and without something to find. Something else that is scored above the threshold counts against precision. Empty
// where either kind of trial is missing.
Json ScorePlots(std::span<const ScoredTrial> trials);

}  // namespace mls::datasheet
