#include "download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "sha256.h"

namespace mls::models {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kMaxBytes = 64u << 20;  // of a file whose size is not known
constexpr int kMaxAttempts = 5;
constexpr long kStallSeconds = 20;

// The file that grows, held by one process at a time.
class PartFile {
 public:
  explicit PartFile(std::filesystem::path path) : path_(std::move(path)), fd_(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw ZooError(path_.string() + ": cannot be written: " + std::strerror(errno));
    struct stat opened{}, named{};
    const bool is_locked = flock(fd_, LOCK_EX | LOCK_NB) == 0;
    // The one who had the lock may have given the file its final name in between.
    if (!is_locked || fstat(fd_, &opened) != 0 || stat(path_.c_str(), &named) != 0 || opened.st_ino != named.st_ino) {
      close(fd_);
      throw ZooError(path_.string() + ": another program is fetching it; wait for its end");
    }
  }
  ~PartFile() {
    if (size() == 0) Remove();
    close(fd_);
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  uint64_t size() const {
    struct stat info{};
    return fstat(fd_, &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
  }
  bool Append(const char* bytes, size_t count) {
    if (lseek(fd_, 0, SEEK_END) < 0) return Note();
    while (count > 0) {
      const ssize_t written = write(fd_, bytes, count);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return Note();
      bytes += written;
      count -= static_cast<size_t>(written);
    }
    return true;
  }
  void Clear() {
    if (ftruncate(fd_, 0) != 0 && Note()) return;
  }
  void Remove() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  void MoveTo(const std::filesystem::path& target) {
    if (fsync(fd_) != 0 || std::rename(path_.c_str(), target.c_str()) != 0) {
      throw ZooError(target.string() + ": cannot be written: " + std::strerror(errno));
    }
    const int folder = open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
      fsync(folder);
      close(folder);
    }
  }
  const std::filesystem::path& path() const { return path_; }
  const std::string& error() const { return error_; }

 private:
  bool Note() {
    error_ = std::strerror(errno);
    return false;
  }

  const std::filesystem::path path_;
  const int fd_;
  std::string error_;
};

struct Transfer {
  const Download& download;
  PartFile& part;
  uint64_t had = 0;  // before this attempt
  bool is_too_large = false;

  uint64_t limit() const { return download.bytes > 0 ? download.bytes : kMaxBytes; }
};

size_t OnBytes(char* bytes, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.is_too_large = transfer.part.size() + size * count > transfer.limit();
  return !transfer.is_too_large && transfer.part.Append(bytes, size * count) ? size * count : 0;
}

int OnProgress(void* user, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<Transfer*>(user);
  const uint64_t done = transfer.had + static_cast<uint64_t>(now);
  const uint64_t all = transfer.download.bytes > 0 ? transfer.download.bytes : transfer.had + static_cast<uint64_t>(total);
  if (all == 0) return 0;
  constexpr uint64_t kWidth = 30;
  const auto filled = static_cast<int>(std::min(kWidth, done * kWidth / all));
  std::fprintf(stderr, "\r%s [%-30.*s] %3d %% of %llu KiB", transfer.download.target.filename().c_str(), filled, "##############################",
               static_cast<int>(std::min<uint64_t>(100, done * 100 / all)), static_cast<unsigned long long>((all + 1023) / 1024));
  return 0;
}

enum class Outcome { kDone, kAgain, kAfresh };

// One connection. Throws ZooError where another would not help.
Outcome Attempt(Transfer& transfer, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  const std::string& url = transfer.download.url;
  if (left.count() <= 0) throw ZooError(url + ": not there within the time limit; run it again to go on where it stopped, or raise --timeout");
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) throw ZooError("libcurl cannot be started");
  char why[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  transfer.had = transfer.part.size();
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_USERAGENT, "mlsensor/" MLS_VERSION);
  set(CURLOPT_PROTOCOLS_STR, "https,http,file");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 5L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, 15L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  set(CURLOPT_ERRORBUFFER, why);
  set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.had));
  set(CURLOPT_WRITEFUNCTION, OnBytes);
  set(CURLOPT_WRITEDATA, &transfer);
  if (transfer.download.show_progress) {
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, OnProgress);
    set(CURLOPT_XFERINFODATA, &transfer);
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (transfer.download.show_progress) std::fputc('\n', stderr);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  const bool refuses_range = code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME || (code == CURLE_HTTP_RETURNED_ERROR && status == 416);
  if (code == CURLE_OK) return Outcome::kDone;
  if (refuses_range && transfer.had > 0) return Outcome::kAfresh;
  if (transfer.is_too_large) {
    transfer.part.Remove();
    throw ZooError(url + ": larger than the " + std::to_string(transfer.limit()) + " bytes that were expected; it is another file, and was thrown away");
  }
  if (code == CURLE_WRITE_ERROR) throw ZooError(transfer.part.path().string() + ": cannot be written: " + transfer.part.error());
  const bool broke_off = code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
                         code == CURLE_HTTP2_STREAM || (code == CURLE_HTTP_RETURNED_ERROR && status >= 500);
  if (broke_off) return Outcome::kAgain;
  const std::string text = why[0] != '\0' ? why : curl_easy_strerror(code);
  throw ZooError(url + ": " + text + (transfer.part.size() > 0 ? "; run it again to go on where it stopped" : ""));
}

}  // namespace

std::string FileUrl(const std::filesystem::path& path) {
  std::string url = "file://";
  for (const char c : std::filesystem::absolute(path).string()) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::strchr("/-._~", c) != nullptr;
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned char>(c));
    url += is_plain ? std::string(1, c) : escaped;
  }
  return url;
}

void Fetch(const Download& download) {
  const Clock::time_point deadline = Clock::now() + download.time_limit;
  PartFile part(download.target.string() + ".part");
  Transfer transfer{.download = download, .part = part};
  if (part.size() > transfer.limit()) part.Clear();
  bool is_whole = false;  // all of it came over one connection
  for (int attempt = 0;; ++attempt) {
    if (attempt == kMaxAttempts) {
      throw ZooError(download.url + ": the connection broke off " + std::to_string(attempt) + " times, last after " + std::to_string(part.size()) +
                     " bytes; run it again to go on there");
    }
    if (download.bytes == 0 || part.size() < download.bytes) {
      const Outcome outcome = Attempt(transfer, deadline);
      if (outcome == Outcome::kAfresh) part.Clear();
      if (outcome != Outcome::kDone) continue;
      is_whole = transfer.had == 0;
    }
    const std::string actual = ToHex(Sha256OfFile(part.path()));
    if (actual == download.sha256) break;
    const uint64_t size = part.size();
    part.Clear();
    if (is_whole) {
      throw ZooError(download.url + ": not the file that was published: " + std::to_string(size) + " bytes" +
                     (download.bytes > 0 ? " of " + std::to_string(download.bytes) : "") + ", SHA-256 " + actual + " and not " + download.sha256 +
                     "; it was thrown away");
    }
  }
  part.MoveTo(download.target);
}

}  // namespace mls::models
