// files: the few calls on files that a durable store needs, with errors that name path and reason.
//
// Errors:  unavailable, whatever the disk's reason; the words differ.
// Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace imagemill::local {

// "The disk is full: the catalog /data/catalog.sqlite could not be written."
Error disk_error(int error_number, const std::string& what_failed);

Result<Fd> create_file(const std::string& path);  // There must be none.
// Nothing, where there is no such file.
Result<std::optional<Fd>> open_file(const std::string& path);
// Nothing, where there is no such file.
Result<std::optional<Fd>> open_file_for_writing(const std::string& path);
Result<Fd> create_or_open_file(const std::string& path);  // For writing.
Result<void> write_all(const Fd& file, Bytes bytes, const std::string& path);
Result<std::size_t> read_some(const Fd& file, std::span<std::byte> bytes, const std::string& path);
Result<std::size_t> read_at(const Fd& file, std::int64_t offset, std::span<std::byte> bytes,
                            const std::string& path);
// From here on it is written there.
Result<void> move_to(const Fd& file, std::int64_t offset, const std::string& path);
// To so many bytes.
Result<void> cut_file(const Fd& file, std::int64_t size, const std::string& path);
struct RangeCopy {
    const Fd& source;
    std::int64_t source_bytes = 0;  // Where it begins there,
    const Fd& target;
    std::int64_t target_bytes = 0;  // and here.
    std::int64_t size_bytes = 0;
};
// By the kernel, which shares the blocks where the file system can.
Result<void> copy_range(const RangeCopy& copy, const std::string& target_path);
Result<std::int64_t> size_of(const Fd& file, const std::string& path);

// Until what was written is on the disk. For a folder: its names.
Result<void> sync_file(const Fd& file, const std::string& path);
Result<Fd> open_folder(const std::string& path);

// Making one that is there is fine. Only its owner may look inside.
Result<void> make_folder(const std::string& path);
Result<bool> exists(const std::string& path);
// A further name for an open file. False where it has no name any more, has too many, or the file
// system gives none.
Result<bool> link_file(const Fd& file, const std::string& target);
// Whether it was there.
Result<bool> move_file(const std::string& source, const std::string& target);
Result<bool> remove_file(const std::string& path);
// Names, in no order, without "." and "..".
Result<std::vector<std::string>> list_folder(const std::string& path);

}  // namespace imagemill::local
