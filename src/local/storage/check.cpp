#include "local/storage/check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/digest.h"
#include "base/encodings.h"
#include "local/storage/files.h"
#include "local/storage/multipart.h"
#include "local/storage/object_table.h"
#include "local/storage/strays.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kFindingsMax = 1000;
constexpr std::size_t kReadBytes = 256 * 1024;

// What the check needs of an object's row.
struct Row {
    std::string bucket;
    std::string key;
    std::string file;
    std::string etag;
    std::int64_t size_bytes = 0;
    std::string attributes;

    std::string name() const { return bucket + "/" + key; }
};

// A part of an upload in progress, and where it lies.
struct Part {
    std::string upload;
    std::int64_t number = 0;
    std::string etag;
    std::int64_t size_bytes = 0;
    std::string file;
    std::int64_t offset_bytes = 0;

    std::string name() const { return "part " + std::to_string(number) + " of upload " + upload; }
};

struct Content {
    std::int64_t size_bytes = 0;
    std::string etag;
};

class Checker final {
  public:
    Checker(Database database, const ObjectFiles& files,
            const std::function<void(std::int64_t, std::int64_t)>& progress)
        : database_(std::move(database)), files_(files), progress_(progress), buffer_(kReadBytes) {}

    std::vector<Finding> run() {
        // A part that cannot go on is a finding, and the others may find more.
        for (const Result<void>& part :
             {check_catalog(), check_objects(), check_parts(), check_strays()}) {
            if (!part) report(part.error().message);
        }
        if (unlisted_ > 0) {
            findings_.push_back({"And " + std::to_string(unlisted_) + " more findings."});
        }
        return std::move(findings_);
    }

  private:
    void report(std::string what) {
        if (findings_.size() < kFindingsMax) {
            findings_.push_back({std::move(what)});
        } else {
            ++unlisted_;
        }
    }

    Result<void> check_catalog() {
        Statement check = TRY(database_.prepare("PRAGMA integrity_check"));
        while (TRY(check.step())) {
            const std::string line = check.text(0);
            if (line != "ok") report("The catalog is damaged: " + line + ".");
        }
        Statement sum = TRY(database_.prepare("SELECT coalesce(sum(size_bytes), 0) FROM objects"));
        if (TRY(sum.step())) bytes_total_ = sum.integer(0);
        return {};
    }

    Result<void> check_objects() {
        Row row;
        while (TRY(advance(row))) {
            const std::string fault = fault_of(row);
            // Overwritten or removed meanwhile, its file may rightly be gone.
            if (!fault.empty() && TRY(is_current(row))) report(row.name() + ": " + fault);
            bytes_done_ += row.size_bytes;
            progress_(std::min(bytes_done_, bytes_total_), bytes_total_);
        }
        return {};
    }

    // To the next row, if there is one. A read for each, so that none lasts long and the catalog's
    // log can be taken up meanwhile.
    Result<bool> advance(Row& row) {
        Statement select = TRY(
            database_.prepare("SELECT bucket, key, file, etag, size_bytes, attributes FROM objects "
                              "WHERE (bucket, key) > (?, ?) ORDER BY bucket, key LIMIT 1"));
        if (!TRY(select.bind(1, row.bucket).bind(2, row.key).step())) return false;
        row = {.bucket = select.text(0),
               .key = select.text(1),
               .file = select.text(2),
               .etag = select.text(3),
               .size_bytes = select.integer(4),
               .attributes = select.text(5)};
        return true;
    }

    Result<bool> is_current(const Row& row) {
        Statement select = TRY(
            database_.prepare("SELECT 1 FROM objects WHERE bucket = ? AND key = ? AND file = ?"));
        return select.bind(1, row.bucket).bind(2, row.key).bind(3, row.file).step();
    }

    Result<void> check_parts() {
        Part part;
        while (TRY(advance(part))) {
            const std::string fault = fault_of(part);
            // Replaced, completed or aborted meanwhile, its bytes may rightly be gone.
            if (!fault.empty() && TRY(is_current(part))) report(part.name() + ": " + fault);
        }
        return {};
    }

    Result<bool> advance(Part& part) {
        Statement select = TRY(database_.prepare(
            "SELECT upload, number, etag, size_bytes, file, offset_bytes FROM parts "
            "WHERE (upload, number) > (?, ?) ORDER BY upload, number LIMIT 1"));
        if (!TRY(select.bind(1, part.upload).bind(2, part.number).step())) return false;
        part = {.upload = select.text(0),
                .number = select.integer(1),
                .etag = select.text(2),
                .size_bytes = select.integer(3),
                .file = select.text(4),
                .offset_bytes = select.integer(5)};
        return true;
    }

    Result<bool> is_current(const Part& part) {
        Statement select = TRY(
            database_.prepare("SELECT 1 FROM parts WHERE upload = ? AND number = ? AND file = ?"));
        return select.bind(1, part.upload).bind(2, part.number).bind(3, part.file).step();
    }

    std::string fault_of(const Part& part) {
        const std::string path = files_.path_in_tmp(part.file);
        const Result<std::optional<Fd>> file = files_.open_for_reading(part.file);
        if (!file) return file.error().message;
        if (!*file) return "its file " + path + " is missing.";
        const Result<std::string> md5 = md5_of(**file, part.offset_bytes, part.size_bytes, path);
        if (!md5) return md5.error().message;
        if (*md5 == part.etag) return "";
        return "its file " + path + " has other bytes there than were put: MD5 " + *md5 +
               " instead of " + part.etag + ".";
    }

    // Empty where the file is what the row says.
    std::string fault_of(const Row& row) {
        const Result<Attributes> attributes = parse_attributes(row.attributes);
        if (!attributes) return "its row is damaged: " + attributes.error().message;
        const std::string path = files_.path_in_objects(row.file);
        const Result<std::optional<Fd>> file = files_.open_for_reading(row.file);
        if (!file) return file.error().message;
        if (!*file) return "its file " + path + " is missing.";
        const Result<Content> content = read_through(**file, path, *attributes);
        if (!content) return content.error().message;
        if (content->size_bytes != row.size_bytes) {
            return "its file " + path + " has " + std::to_string(content->size_bytes) +
                   " bytes instead of " + std::to_string(row.size_bytes) + ".";
        }
        if (content->etag == row.etag) return "";
        return "its file " + path + " has other bytes than were put: MD5 " + content->etag +
               " instead of " + row.etag + ".";
    }

    // Its ETag is made as the object's was: of the whole, or of the parts it came in.
    Result<Content> read_through(const Fd& file, const std::string& path,
                                 const Attributes& attributes) {
        const std::int64_t size_bytes = TRY(size_of(file, path));
        if (attributes.part_layout.empty()) {
            std::string md5 = TRY(md5_of(file, 0, size_bytes, path));
            return Content{.size_bytes = size_bytes, .etag = std::move(md5)};
        }
        std::vector<std::string> etags;
        std::int64_t offset = 0;
        const auto layout = TRY(parse_part_layout(attributes.part_layout));
        for (const std::int64_t part_bytes : layout) {
            etags.push_back(TRY(md5_of(file, offset, part_bytes, path)));
            offset += part_bytes;
        }
        return Content{.size_bytes = size_bytes, .etag = multipart_etag(etags)};
    }

    // Of `size_bytes` from `offset` on, or of those that are there.
    Result<std::string> md5_of(const Fd& file, std::int64_t offset, std::int64_t size_bytes,
                               const std::string& path) {
        Hasher hasher(DigestKind::md5);
        while (size_bytes > 0) {
            const auto wanted = static_cast<std::size_t>(
                std::min(size_bytes, static_cast<std::int64_t>(buffer_.size())));
            const std::size_t count =
                TRY(read_at(file, offset, std::span(buffer_).first(wanted), path));
            if (count == 0) break;
            hasher.update(Bytes(buffer_).first(count));
            offset += static_cast<std::int64_t>(count);
            size_bytes -= static_cast<std::int64_t>(count);
        }
        return format_hex(hasher.finish());
    }

    Result<void> check_strays() {
        for (Stray& stray : TRY(find_strays(database_, files_))) report(std::move(stray.what));
        return {};
    }

    Database database_;
    const ObjectFiles& files_;                                         // Outlives the checker,
    const std::function<void(std::int64_t, std::int64_t)>& progress_;  // and so does this.
    Buffer buffer_;
    std::vector<Finding> findings_;
    std::size_t unlisted_ = 0;
    std::int64_t bytes_done_ = 0;
    std::int64_t bytes_total_ = 0;
};

}  // namespace

Result<std::vector<Finding>> check_store(
    const Catalog& catalog, const ObjectFiles& files,
    const std::function<void(std::int64_t, std::int64_t)>& progress) {
    Database database = TRY(catalog.another_reader());
    return Checker(std::move(database), files, progress).run();
}

}  // namespace imagemill::local
