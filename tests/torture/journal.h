// journal: what a program did to the files below one directory, in order, as records of one file.
// Loaded into the program under test (LD_PRELOAD); power_cut.py makes of the records what a power
// cut might have left.
//
// Shapes:  TORTURE_ROOT     the directory, absolute, without symbolic links; without it nothing is
//                           watched
//          TORTURE_JOURNAL  where the records go; none, for faults alone
//          TORTURE_FAULT    a file that need not be there. While it is, its text is the fault:
//                           ENOSPC  nothing grows   EROFS  nothing changes   EIO  no fsync succeeds
//          A record: kind, time, inode, offset, three lengths, then path, other path, bytes.
//          Files named *-shm are left out: SQLite's shared memory, which it makes anew.
// Errors:  What a record cannot say (a shared mapping, fallocate, ...) ends the program, loudly.
// Threads: any. An operation and its record are one step; a sync is two records, begun and done.
// Cost:    no fsync reaches the disk: it is a short sleep, so that others meet in it.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace torture {

enum class Kind : char {
    create = 'c',
    make_folder = 'm',
    write = 'w',
    truncate = 't',
    link = 'l',
    unlink = 'u',
    remove_folder = 'd',
    rename = 'r',
    sync_begun = 's',
    sync_done = 'S',
};

struct Record {
    Kind kind = Kind::write;
    std::uint64_t inode = 0;
    std::int64_t offset = 0;  // Of a write; the size after a truncate; a sync's number.
    std::string path = {};
    std::string other = {};
    std::span<const iovec> bytes = {};
    std::size_t size_bytes = 0;  // Of `bytes` that count.
};

// Absolute and normal; empty where it is not below the root.
std::string watched(int folder, const char* path);

// A descriptor of what is below the root, from its opening to its closing.
void watch(int fd, bool is_appending);
void unwatch(int fd);
bool is_watched(int fd);
bool is_appending(int fd);

// What the fault file asks of an operation: an errno, or 0.
enum class Effect { grow, change, sync };
int fault(Effect effect);

// Runs `operation` and puts down the record it gives, as one step. An operation that failed leaves
// errno and gives a record no one wants: `is_done` false.
struct Outcome {
    long answer = -1;
    bool is_done = false;
    Record record = {};
};
long step(const std::function<Outcome()>& operation);

// As fsync.
int sync(int fd);

[[noreturn]] void not_covered(const char* what);

std::uint64_t inode_of(int fd);

}  // namespace torture
