// Serial ports by the kernel's own interface: the C library's knows only the standard rates.
#include <asm/termbits.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "file_descriptor.h"
#include "stream_open.h"

namespace mls {
namespace {

// A UART still reads bytes that are sent 2 % off.
bool IsCloseTo(unsigned actual, unsigned wanted) {
  const unsigned difference = actual > wanted ? actual - wanted : wanted - actual;
  return difference <= wanted / 50;
}

// Raw, 8N1, no flow control, no modem lines: pseudo terminals and three-wire cables have none.
void MakeRaw(termios2& settings, unsigned baud) {
  settings.c_iflag = 0;
  settings.c_oflag = 0;
  settings.c_lflag = 0;
  // Without HUPCL, closing leaves DTR as it is: it resets many boards, and would do so at each opening.
  settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | CSTOPB | PARENB | HUPCL | CRTSCTS | CBAUD | (CBAUD << IBSHIFT));
  settings.c_cflag |= CS8 | CREAD | CLOCAL | BOTHER | (BOTHER << IBSHIFT);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  settings.c_ispeed = settings.c_ospeed = baud;
}

}  // namespace

Result<int> OpenSerial(const std::string& device, unsigned baud, std::string& error) {
  FileDescriptor fd(open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) {
    const Status status = FromErrno(errno, error);
    if (status == Status::kNoDevice && error.starts_with("no such path")) error = "no such port; is it plugged in?";
    if (status == Status::kPermission) {
      error = "permission denied: your user must be in the port's group (ls -l " + device +
              "; often `sudo usermod -aG dialout $USER`, then log in again)";
    }
    return status;
  }
  termios2 settings{};
  if (ioctl(fd.get(), TCGETS2, &settings) != 0) {
    if (errno != ENOTTY) return FromErrno(errno, error);
    error = "that is not a serial port";
    return Status::kInvalidArgument;
  }
  // TIOCEXCL keeps other users out, but not root: flock also keeps out other programs that ask.
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return FromErrno(errno, error);
  if (ioctl(fd.get(), TIOCEXCL) != 0) return FromErrno(errno, error);
  MakeRaw(settings, baud);
  if (ioctl(fd.get(), TCSETS2, &settings) != 0) return FromErrno(errno, error);
  // The driver may have taken another rate without a word.
  if (ioctl(fd.get(), TCGETS2, &settings) != 0) return FromErrno(errno, error);
  if (!IsCloseTo(settings.c_ospeed, baud)) {
    error = "the port does not do " + std::to_string(baud) + " baud, it does " + std::to_string(settings.c_ospeed);
    return Status::kInvalidArgument;
  }
  ioctl(fd.get(), TCFLSH, TCIOFLUSH);
  return fd.Release();
}

}  // namespace mls
