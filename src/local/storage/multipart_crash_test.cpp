// Uploads in parts under kill -9 at moments nobody chose: what was acknowledged is there, and what
// was not leaves nothing behind.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "local/storage/multipart.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kSlot = 5 << 20;  // The least that slots are made for.

const Origin kOrigin = {.event_name = "ObjectCreated:CompleteMultipartUpload",
                        .source_ip = "",
                        .principal = "",
                        .request_id = ""};

// The bytes of a part, for whoever writes and whoever checks them.
std::string bytes_of(const std::string& id, int number, int attempt) {
    const auto letter = static_cast<char>('a' + (id.back() + number * 3 + attempt) % 26);
    return std::string(number == 3 ? 1000 : kSlot, letter);
}

// A child that uploads in parts over two threads until it is killed. It says, before "c" and after
// each acknowledgement: "u key id", "t id number attempt", "c id", "C id".
class Victim final {
  public:
    Victim(const DiskStoreOptions& options, int round) {
        int ends[2] = {-1, -1};
        CHECK(::pipe(ends) == 0);
        pid_ = ::fork();
        CHECK(pid_ >= 0);
        if (pid_ == 0) run(options, round, ends[1]);
        ::close(ends[1]);
        reader_ = Fd(ends[0]);
    }

    std::vector<std::string> kill_after(int lines_count) {
        std::vector<std::string> lines(1);
        for (char c = 0; ::read(reader_.get(), &c, 1) == 1;) {
            if (c != '\n') {
                lines.back() += c;
                continue;
            }
            if (std::ssize(lines) == lines_count) ::kill(pid_, SIGKILL);
            lines.emplace_back();
        }
        int status = 0;
        ::waitpid(pid_, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "It died on its own.";
        lines.pop_back();  // Not ended: not said.
        return lines;
    }

  private:
    [[noreturn]] static void run(const DiskStoreOptions& options, int round, int pipe) {
        const Log log(system_clock(), Level::error, [](std::string_view) {});
        auto store = open_disk_store(options, system_clock(), log);
        CHECK(store.has_value());
        const std::string key = "k" + std::to_string(round);
        std::jthread second([&] { upload_forever((*store)->multiparts(), key + "a", pipe); });
        upload_forever((*store)->multiparts(), key + "b", pipe);
    }

    [[noreturn]] static void upload_forever(Multiparts& parts, const std::string& key, int pipe) {
        for (int count = 0;; ++count) {
            const std::string name = key + std::to_string(count);
            const auto id = parts.create("photos", name, {}, "");
            CHECK(id.has_value());
            say(pipe, "u " + name + " " + *id);
            const UploadRef ref = {.bucket = "photos", .key = name, .id = *id};
            for (const auto& [number, attempt] : {std::pair{1, 0}, {2, 0}, {2, 1}, {3, 0}}) {
                CHECK(put(parts, ref, number, attempt));
                say(pipe,
                    "t " + *id + " " + std::to_string(number) + " " + std::to_string(attempt));
            }
            say(pipe, "c " + *id);
            CHECK(complete(parts, ref));
            say(pipe, "C " + *id);
        }
    }

    static bool put(Multiparts& parts, const UploadRef& ref, int number, int attempt) {
        const std::string bytes = bytes_of(ref.id, number, attempt);
        auto part = parts.begin_part(ref, number, std::ssize(bytes));
        return part && (*part)->write(as_bytes(bytes)) && (*part)->commit("");
    }

    static bool complete(Multiparts& parts, const UploadRef& ref) {
        Completion completion;
        completion.ref = ref;
        completion.parts = parts.parts(ref, 0, 10)->parts;
        std::vector<std::string> etags;
        for (const StoredPart& part : completion.parts) etags.push_back(part.etag);
        completion.etag = multipart_etag(etags);
        return parts.complete(completion, {}, kOrigin).has_value();
    }

    static void say(int pipe, const std::string& line) {
        const std::string whole = line + "\n";
        CHECK(::write(pipe, whole.data(), whole.size()) == std::ssize(whole));
    }

    pid_t pid_ = -1;
    Fd reader_;
};

// What was acknowledged of one upload.
struct Known {
    std::string key;
    std::map<int, int> attempts;  // By part's number.
    bool may_be_complete = false;
    bool is_complete = false;
};

std::map<std::string, Known> known_from(const std::vector<std::string>& lines) {
    std::map<std::string, Known> uploads;
    for (const std::string& line : lines) {
        std::istringstream words(line);
        std::string kind;
        std::string first;
        words >> kind >> first;
        if (kind == "u") {
            std::string id;
            words >> id;
            uploads[id].key = first;
        } else if (kind == "t") {
            int number = 0;
            int attempt = 0;
            words >> number >> attempt;
            uploads[first].attempts[number] = attempt;
        } else {
            (kind == "C" ? uploads[first].is_complete : uploads[first].may_be_complete) = true;
        }
    }
    return uploads;
}

void expect_object(TestStore& store, const std::string& id, const Known& known) {
    std::string whole;
    for (const auto& [number, attempt] : known.attempts) whole += bytes_of(id, number, attempt);
    EXPECT_TRUE(store.get(known.key) == whole) << known.key;
    const UploadRef ref = {.bucket = "photos", .key = known.key, .id = id};
    EXPECT_TRUE(*store->multiparts().find_completed(ref));
}

// The parts acknowledged, or one later that was not; then the upload is given up.
void expect_upload(TestStore& store, const std::string& id, const Known& known) {
    const UploadRef ref = {.bucket = "photos", .key = known.key, .id = id};
    const auto page = store->multiparts().parts(ref, 0, 10);
    ASSERT_TRUE(page) << page.error().message;
    std::map<int, std::string> etags;
    for (const StoredPart& part : page->parts) etags[part.number] = part.etag;
    for (const auto& [number, attempt] : known.attempts) {
        const bool is_same = etags[number] == md5_hex(bytes_of(id, number, attempt));
        const bool is_next = etags[number] == md5_hex(bytes_of(id, number, attempt + 1));
        EXPECT_TRUE(is_same || (number == 2 && attempt == 0 && is_next)) << id << " " << number;
    }
    EXPECT_FALSE(store->head("photos", known.key));
    EXPECT_TRUE(store->multiparts().abort(ref));
}

TEST(MultipartCrash, KillAtAnyMomentLosesNothingAcknowledged) {
    TestStore store;
    std::mt19937 random(7);
    for (int round = 0; round < 8; ++round) {
        store.close();
        Victim victim(store.options(), round);
        const auto uploads = known_from(victim.kill_after(2 + static_cast<int>(random() % 24)));
        store.reopen();

        for (const std::string& finding : store.findings()) ADD_FAILURE() << finding;
        for (const auto& [id, known] : uploads) {
            const UploadRef ref = {.bucket = "photos", .key = known.key, .id = id};
            const bool is_there = store->head("photos", known.key).has_value();
            EXPECT_TRUE(is_there || !known.is_complete) << "lost: " << known.key;
            EXPECT_TRUE(!is_there || known.is_complete || known.may_be_complete);
            is_there ? expect_object(store, id, known) : expect_upload(store, id, known);
        }
        // One may have been created of which its client did not hear.
        const auto unheard = store->multiparts().list("photos", {});
        for (const OpenUpload& upload : unheard->uploads) {
            EXPECT_TRUE(store->multiparts().abort(upload.ref));
        }
        EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
        for (const std::string& finding : store.findings()) ADD_FAILURE() << finding;
        if (testing::Test::HasFailure()) break;
        for (const auto& [id, known] : uploads) store.remove(known.key);
    }
}

}  // namespace
}  // namespace imagemill::local
