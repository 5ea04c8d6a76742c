// The first process in a test kernel: mounts what programs expect, runs the script `run` in the folder MLS_JOB of the host, writes its exit
// status into the file `status` there, and turns the machine off. A script that takes longer than MLS_SECONDS is ended with status 124.
// Without MLS_JOB: a virtual machine, in whose initial file system the script is and `status` is a serial port.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr char kJob[] = "/mnt";

void Mount(const char* type, const char* where, const char* options = nullptr) {
  if (mount("none", where, type, 0, options) != 0) std::perror(where);
}

void WriteStatus(int status) {
  const std::string text = std::to_string(status) + "\n";
  const int fd = open((std::string(kJob) + "/status").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0 || write(fd, text.data(), text.size()) < 0) std::perror("status");
  if (fd < 0) return;
  if (isatty(fd)) tcdrain(fd);
  close(fd);
}

int Run(int seconds) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    execl("/bin/sh", "sh", (std::string(kJob) + "/run").c_str(), nullptr);
    _exit(127);
  }
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);  // Interrupts waitpid.
  alarm(static_cast<unsigned>(seconds));
  for (int status = 0;;) {
    const pid_t ended = waitpid(-1, &status, 0);
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended < 0) return 124;
  }
}

}  // namespace

int main() {
  Mount("proc", "/proc");
  Mount("sysfs", "/sys");
  Mount("devtmpfs", "/dev");
  Mount("tmpfs", "/run");
  const char* const job = std::getenv("MLS_JOB");
  const char* const seconds = std::getenv("MLS_SECONDS");
  if (seconds == nullptr) {
    std::fprintf(stderr, "MLS_SECONDS is needed\n");
  } else {
    if (job != nullptr) Mount("hostfs", kJob, job);
    termios settings{};
    if (tcgetattr(STDOUT_FILENO, &settings) == 0) {
      settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);  // Lines end as they were written.
      tcsetattr(STDOUT_FILENO, TCSANOW, &settings);
    }
    WriteStatus(Run(std::atoi(seconds)));
  }
  kill(-1, SIGKILL);
  sync();
  tcdrain(STDOUT_FILENO);
  reboot(job != nullptr ? RB_POWER_OFF : RB_AUTOBOOT);  // QEMU ends there (-no-reboot); its machine has no ACPI to be turned off with.
}
