#include "screen.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <cwchar>
#include <cwctype>
#include <string_view>

namespace mls::cli {
namespace {

attr_t Attributes(Style style) {
  const auto color = [](short number, attr_t otherwise) {
    return has_colors() ? static_cast<attr_t>(COLOR_PAIR(number)) : otherwise;
  };
  switch (style) {
    case Style::kPlain: return A_NORMAL;
    case Style::kStrong: return A_BOLD;
    case Style::kFaint: return A_DIM;
    case Style::kPositive: return color(COLOR_GREEN, A_REVERSE) | A_BOLD;
    case Style::kNegative: return color(COLOR_CYAN, A_NORMAL);
    case Style::kWarning: return color(COLOR_YELLOW, A_UNDERLINE);
  }
  return A_NORMAL;
}

// What a module sends as text may hold anything, orders to the terminal too.
std::wstring Printable(std::string_view text) {
  std::wstring wide;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t c = 0;
    size_t size = std::mbrtowc(&c, text.data(), text.size(), &state);
    if (size == 0 || size > text.size()) {
      state = {};
      size = 1;
      c = 0;
    }
    wide += std::iswprint(static_cast<wint_t>(c)) ? c : L'?';
    text.remove_prefix(size);
  }
  return wide;
}

}  // namespace

std::unique_ptr<Screen> Screen::Open() {
  const char* type = std::getenv("TERM");
  if (!isatty(STDOUT_FILENO) || type == nullptr || std::string_view(type) == "dumb") return nullptr;
  std::setlocale(LC_CTYPE, "");
  SCREEN* terminal = newterm(nullptr, stdout, stdin);
  if (terminal == nullptr) return nullptr;
  std::unique_ptr<Screen> screen(new Screen);
  screen->terminal_ = terminal;
  screen->is_utf8_ = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  cbreak();
  noecho();
  curs_set(0);
  nodelay(stdscr, TRUE);
  keypad(stdscr, TRUE);
  leaveok(stdscr, TRUE);
  if (has_colors()) {
    start_color();
    use_default_colors();
    for (short color = COLOR_RED; color <= COLOR_WHITE; ++color) init_pair(color, color, -1);
  }
  return screen;
}

Screen::~Screen() {
  endwin();
  delscreen(static_cast<SCREEN*>(terminal_));
}

size_t Screen::rows() const { return static_cast<size_t>(getmaxy(stdscr)); }
size_t Screen::columns() const { return static_cast<size_t>(getmaxx(stdscr)); }

void Screen::Show(const std::vector<Line>& lines) {
  ::erase();
  int row = 0;
  for (const Line& line : lines) {
    ::move(row++, 0);
    int left = getmaxx(stdscr);
    for (const Piece& piece : line) {
      const std::wstring text = Printable(piece.text);
      size_t count = 0;
      for (; count < text.size(); ++count) {
        const int width = std::max(wcwidth(text[count]), 0);
        if (width > left) break;
        left -= width;
      }
      attrset(Attributes(piece.style));
      addnwstr(text.data(), static_cast<int>(count));
    }
  }
  attrset(A_NORMAL);
  ::refresh();
}

int Screen::ReadKey() {
  const int key = getch();
  if (key == ERR) return -1;
  return key < 128 ? key : 0;
}

}  // namespace mls::cli
