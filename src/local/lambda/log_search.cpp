#include "local/lambda/log_search.h"

#include <algorithm>
#include <fstream>

namespace imagemill::local {
namespace {

// The end of a file, from the first whole line on.
std::string read_end(const std::string& path, std::size_t bytes_max) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) return "";
    const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
    const std::size_t count = std::min(size, bytes_max);
    std::string text(count, '\0');
    file.seekg(static_cast<std::streamoff>(size - count));
    file.read(text.data(), static_cast<std::streamsize>(count));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (count < size) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
    return text;
}

bool names_a_request(std::string_view line) {
    return line.find("RequestId: ") != line.npos || line.find("\"requestId\":") != line.npos ||
           line.starts_with("INIT_");
}

class Search final {
  public:
    explicit Search(std::string_view request_id)
        : request_id_(request_id),
          start_("START RequestId: " + std::string(request_id)),
          end_("END RequestId: " + std::string(request_id)) {}

    void look_at(std::string_view line) {
        if (line.starts_with(start_)) is_inside_ = true;
        const bool is_its_own = line.find(request_id_) != line.npos;
        if (is_its_own || (is_inside_ && !names_a_request(line))) lines_.emplace_back(line);
        if (line.starts_with(end_)) is_inside_ = false;
    }
    std::vector<std::string> take() {
        if (lines_.size() > kLogSearchLinesMax) {
            const auto excess = static_cast<std::ptrdiff_t>(lines_.size() - kLogSearchLinesMax);
            lines_.erase(lines_.begin(), lines_.begin() + excess);
        }
        return std::move(lines_);
    }

  private:
    std::string_view request_id_;
    std::string start_;
    std::string end_;
    bool is_inside_ = false;
    std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> find_log_lines(const std::string& dir, std::string_view function,
                                        std::string_view request_id) {
    const bool is_name = !function.empty() && function.front() != '.' &&
                         function.find_first_of(std::string_view("/\0", 2)) == function.npos;
    if (!is_name || request_id.empty()) return {};
    const std::string path = dir + "/" + std::string(function) + ".log";
    const std::string newer = read_end(path, kLogSearchBytesMax);
    const std::string older = read_end(path + ".1", kLogSearchBytesMax - newer.size());
    Search search(request_id);
    for (std::string_view rest : {std::string_view(older), std::string_view(newer)}) {
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            search.look_at(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return search.take();
}

}  // namespace imagemill::local
