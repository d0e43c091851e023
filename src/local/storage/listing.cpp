#include "local/storage/listing.h"

#include <algorithm>
#include <utility>

namespace imagemill::local {
namespace {

// "trips/rome/cat.jpg" under prefix "trips/" and delimiter "/" folds into "trips/rome/".
std::optional<std::string> common_prefix_of(const std::string& key, const ListQuery& query) {
    if (query.delimiter.empty()) return std::nullopt;
    const std::size_t at = key.find(query.delimiter, query.prefix.size());
    if (at == std::string::npos) return std::nullopt;
    return key.substr(0, at + query.delimiter.size());
}

std::string first_key(const ListQuery& query) {
    // A text's successor is itself and a zero byte.
    const std::string after = query.after.empty() ? "" : query.after + '\0';
    return std::max(query.prefix, after);
}

class Lister final {
  public:
    Lister(Statement& select, const std::string& bucket, const ListQuery& query)
        : select_(select), query_(query) {
        select_.bind(1, bucket).bind(2, first_key(query));
    }

    Result<ListAnswer> run() {
        if (query_.count_max <= 0) return answer_;
        while (TRY(select_.step())) {
            std::string key = select_.text(0);
            if (!key.starts_with(query_.prefix)) break;
            std::optional<std::string> common = common_prefix_of(key, query_);
            const bool is_new = !common || *common > query_.after;
            if (is_new && count_ == query_.count_max) {
                answer_.next_after = last_;
                break;
            }
            if (is_new) add(key, common);
            if (common && !seek_past(*common)) break;
        }
        return std::move(answer_);
    }

  private:
    void add(const std::string& key, const std::optional<std::string>& common) {
        ++count_;
        last_ = common.value_or(key);
        if (common) {
            answer_.common_prefixes.push_back(*common);
            return;
        }
        answer_.entries.push_back(
            {key, select_.text(1), select_.integer(2), Time(Milliseconds(select_.integer(3)))});
    }

    // Whether there can be anything there.
    bool seek_past(const std::string& common) {
        const std::optional<std::string> next = end_of_prefix(common);
        if (!next) return false;
        select_.rewind();
        select_.bind(2, *next);
        return true;
    }

    Statement& select_;       // Outlives the lister,
    const ListQuery& query_;  // and so does this.
    ListAnswer answer_;
    std::string last_;  // Of what the answer has, the greatest.
    int count_ = 0;
};

}  // namespace

Result<ListAnswer> list_objects(Database& database, const std::string& bucket,
                                const ListQuery& query) {
    Statement select =
        TRY(database.prepare("SELECT key, etag, size_bytes, modified_ms FROM objects "
                             "WHERE bucket = ? AND key >= ? ORDER BY key"));
    return Lister(select, bucket, query).run();
}

std::optional<std::string> end_of_prefix(std::string prefix) {
    while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
    if (prefix.empty()) return std::nullopt;
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

}  // namespace imagemill::local
