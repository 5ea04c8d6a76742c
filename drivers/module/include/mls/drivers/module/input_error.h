// What a person is told when an input file or a listening address cannot be used.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace mls {

// Thrown while inputs are opened; never out of a port. The text names the file, what is wrong with it and what to do.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  InputError(const std::filesystem::path& file, const std::string& why) : std::runtime_error(file.string() + ": " + why) {}
};

// Thrown by BusServer::Listen. The text names the address and what to do.
class ListenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace mls
