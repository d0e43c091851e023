// progress: a line on a terminal that says how far along long work is; nothing where stderr is
// none.
#pragma once

#include <cstdint>
#include <string>

namespace imagemill {

class Progress final {
  public:
    // `what` is the verb: "processing".
    explicit Progress(std::string what);
    ~Progress();  // Clears the line.
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(std::int64_t done, std::int64_t total, const std::string& detail);

  private:
    std::string what_;
    bool is_terminal_;
    int shown_percent_ = -1;
};

// "3.2 MB"
std::string format_bytes(std::int64_t bytes);

}  // namespace imagemill
