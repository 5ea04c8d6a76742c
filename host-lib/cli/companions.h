// Commands that are programs of their own.
#pragma once

#include <string>

namespace mls::cli {

struct Companion {
  const char* command;  // `mlsensor COMMAND ...` is ...
  const char* program;  // ... this one, with the same arguments
  const char* help;
};
inline constexpr Companion kCompanions[] = {
    {"datasheet", "mlsensor-datasheet", "Make, measure, check, compare and sign datasheets"},
    {"models", "mlsensor-models", "Model zoo; checks, templates and evaluation of models"},
};

// Becomes the program of the command that `argv` begins with, if there is one: that beside this program, else the one in PATH. Returns where the
// command is none of these; otherwise only after a failure, with what to tell the user in `error`.
void RunCompanion(char** argv, std::string& error);

}  // namespace mls::cli
