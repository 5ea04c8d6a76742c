// A mlsensor-module that runs as a child process for as long as this object lives.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mls/datasheet/outcome.h"

namespace mls::datasheet {

class ChildModule {
 public:
  // Starts `program` with `arguments` and an address of its own, and waits until it listens. `feeds_input`: its
  // standard input comes from input_fd(). Problems carry what it wrote to standard error.
  static Outcome<std::unique_ptr<ChildModule>> Start(const std::filesystem::path& program,
                                                     std::vector<std::string> arguments, bool feeds_input);
  ~ChildModule();
  ChildModule(const ChildModule&) = delete;
  ChildModule& operator=(const ChildModule&) = delete;

  const std::string& uri() const { return uri_; }
  // A pipe; blocks when it is full. -1 after CloseInput.
  int input_fd() const { return input_; }
  void CloseInput();
  // Processor time of its first thread so far, which starts and infers: without the one that serves the links.
  double InferringSeconds() const;
  // The end of what it wrote to standard error.
  std::string LastWords() const;

 private:
  ChildModule() = default;

  std::filesystem::path folder_;
  std::string uri_;
  pid_t pid_ = -1;
  int input_ = -1;
};

// The program beside this one, or the one in the search path.
std::filesystem::path DefaultModuleProgram();

// A folder for as long as the object lives.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace mls::datasheet
