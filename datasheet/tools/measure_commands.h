// The commands that talk to a live module or a power meter.
#pragma once

#include <string>

#include "mls/datasheet/generate.h"

namespace CLI {
class App;
}

namespace mls::datasheet {

// Adds `measure`, `verify` and `energy`. Each runs while the command line is parsed and ends the program by throwing
// CLI::RuntimeError with its exit status.
void AddMeasureCommands(CLI::App& app);

// For `generate --device URI`: hash and version of the firmware come from the live module. Throws CLI::RuntimeError
// when there is none, or when manifest or results belong to another model or firmware.
void TakeFromDevice(const std::string& uri, GenerateInputs& inputs);

}  // namespace mls::datasheet
