// What a server that died left, and what the next start makes of it: each state made by hand, then
// kill -9 at moments nobody chose.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "local/storage/database.h"
#include "local/storage/object_files.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

namespace fs = std::filesystem;

std::string in_objects(const TestStore& store, const std::string& id) {
    return store.dir() + "/objects/" + id.substr(0, 2) + "/" + id;
}

Database catalog_of(const TestStore& store) {
    auto database = Database::open(store.dir() + "/catalog.sqlite", Database::Mode::read_write);
    CHECK(database.has_value());
    return *std::move(database);
}

std::int64_t garbage_rows(const TestStore& store) {
    Database database = catalog_of(store);
    auto select = database.prepare("SELECT count(*) FROM garbage");
    CHECK(select.has_value() && *select->step());
    return select->integer(0);
}

TEST(Crash, AnUploadThatWasNotCommittedIsSwept) {
    TestStore store;
    store.put("a", "one");
    store.close();
    std::ofstream(store.dir() + "/tmp/" + ObjectFiles::make_id()) << "half";
    std::ofstream(store.dir() + "/tmp/something") << "else";

    store.reopen();

    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
    EXPECT_EQ(store.get("a"), "one");
    EXPECT_NE(store.logged().find("\"uploads_dropped\":2"), std::string::npos) << store.logged();
}

TEST(Crash, AnUploadThatWasCommittedButNotSettledIsThereBeforeAndAfterTheStart) {
    TestStore store;
    store.put("a", "one");
    const std::string path = files_below(store.dir() + "/objects").front();
    const std::string id = fs::path(path).filename();
    fs::rename(path, store.dir() + "/tmp/" + id);
    fs::remove(fs::path(path).parent_path());
    EXPECT_EQ(store.get("a"), "one");
    EXPECT_TRUE(store.findings().empty());

    store.reopen();

    EXPECT_EQ(store.get("a"), "one");
    EXPECT_TRUE(fs::exists(path));
    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
    EXPECT_TRUE(store.findings().empty());
}

TEST(Crash, AnUnsettledFileCanBeOverwrittenAndRemoved) {
    TestStore store;
    store.put("a", "one");
    const std::string path = files_below(store.dir() + "/objects").front();
    fs::rename(path, store.dir() + "/tmp/" + fs::path(path).filename().string());
    store.put("a", "two");
    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
    EXPECT_EQ(store.get("a"), "two");
}

TEST(Crash, AReplacedFileThatStayedIsCleared) {
    TestStore store;
    store.put("a", "one");
    store.close();
    const std::string there = ObjectFiles::make_id();
    const std::string unsettled = ObjectFiles::make_id();
    const std::string gone = ObjectFiles::make_id();
    fs::create_directories(fs::path(in_objects(store, there)).parent_path());
    std::ofstream(in_objects(store, there)) << "old";
    std::ofstream(store.dir() + "/tmp/" + unsettled) << "old";
    {
        Database database = catalog_of(store);
        for (const std::string& id : {there, unsettled, gone}) {
            auto insert = database.prepare("INSERT INTO garbage VALUES (?)");
            ASSERT_TRUE(insert->bind(1, id).run());
        }
    }

    store.reopen();

    EXPECT_EQ(files_below(store.dir() + "/objects").size(), 1U);
    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
    EXPECT_EQ(garbage_rows(store), 0);
    EXPECT_TRUE(store.findings().empty());
}

TEST(Crash, AnOrderlyEndLeavesNoGarbage) {
    TestStore store;
    for (int i = 0; i < 100; ++i) store.put("a", std::to_string(i));
    EXPECT_LT(garbage_rows(store), 64);
    store.close();
    EXPECT_EQ(garbage_rows(store), 0);
    store.reopen();
    EXPECT_EQ(store.logged(), "");  // Nothing to bring in order.
}

// A child that puts, overwrites and removes over two threads until it is killed. It writes a line
// to the pipe before each change and after its acknowledgement: "p key etag", "P key etag".
class Victim final {
  public:
    Victim(const DiskStoreOptions& options, unsigned seed) {
        int ends[2] = {-1, -1};
        CHECK(::pipe(ends) == 0);
        pid_ = ::fork();
        CHECK(pid_ >= 0);
        if (pid_ == 0) run(options, seed, ends[1]);
        ::close(ends[1]);
        reader_ = Fd(ends[0]);
    }

    // Lets it acknowledge so many changes, then kills it. All its lines.
    std::vector<std::string> kill_after(int acknowledged) {
        std::vector<std::string> lines;
        std::string line;
        for (char c = 0; ::read(reader_.get(), &c, 1) == 1;) {
            if (c != '\n') {
                line += c;
                continue;
            }
            if (std::isupper(line.front()) != 0 && --acknowledged == 0) ::kill(pid_, SIGKILL);
            lines.push_back(std::exchange(line, ""));
        }
        int status = 0;
        ::waitpid(pid_, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "It died on its own.";
        return lines;
    }

  private:
    [[noreturn]] static void run(const DiskStoreOptions& options, unsigned seed, int pipe) {
        const Log log(system_clock(), Level::error, [](std::string_view) {});
        auto store = open_disk_store(options, system_clock(), log);
        CHECK(store.has_value());
        std::jthread second([&] { change_forever(**store, seed * 2, 'a', pipe); });
        change_forever(**store, seed * 2 + 1, 'b', pipe);
    }

    [[noreturn]] static void change_forever(DiskStore& store, unsigned seed, char own, int pipe) {
        std::mt19937 random(seed);
        for (;;) {
            const std::string key = own + std::to_string(random() % 6);
            const bool is_removal = random() % 4 == 0;
            const std::string body(random() % 30'000, static_cast<char>('a' + random() % 26));
            const std::string rest =
                is_removal ? " " + key + " -" : " " + key + " " + md5_hex(body);
            say(pipe, (is_removal ? "r" : "p") + rest);
            CHECK(is_removal ? remove(store, key) : put(store, key, body));
            say(pipe, (is_removal ? "R" : "P") + rest);
        }
    }

    static bool put(DiskStore& store, const std::string& key, const std::string& body) {
        auto upload = store.begin();
        if (!upload || !(*upload)->write(as_bytes(body))) return false;
        const Origin origin = {
            .event_name = "ObjectCreated:Put", .source_ip = "", .principal = "", .request_id = ""};
        return (*upload)->commit("photos", key, {}, {}, origin).has_value();
    }

    static bool remove(DiskStore& store, const std::string& key) {
        const Origin origin = {.event_name = "ObjectRemoved:Delete",
                               .source_ip = "",
                               .principal = "",
                               .request_id = ""};
        return store.remove("photos", key, {}, origin).has_value();
    }

    static void say(int pipe, const std::string& line) {
        const std::string whole = line + "\n";
        CHECK(::write(pipe, whole.data(), whole.size()) == std::ssize(whole));
    }

    pid_t pid_ = -1;
    Fd reader_;
};

// What may be true of the store after the victim's lines.
struct Model {
    std::map<std::string, std::string> etags;      // What was acknowledged last; "-" for removed.
    std::map<std::string, std::string> in_flight;  // Not acknowledged: it may have happened.
    std::int64_t events_min = 0;
    std::int64_t events_max = 0;

    void take(const std::string& line) {
        const std::string key = line.substr(2, line.find(' ', 2) - 2);
        const std::string etag = line.substr(line.rfind(' ') + 1);
        if (std::islower(line.front()) != 0) {
            in_flight[key] = etag;
            return;
        }
        in_flight.erase(key);
        const bool was_there = etags.contains(key) && etags[key] != "-";
        if (etag != "-" || was_there) ++events_min;
        etags[key] = etag;
    }

    // Settles what was in flight by what the store has now; each that happened made its event.
    void settle(const std::string& key, const std::string& etag_now) {
        const std::string before = etags.contains(key) ? etags[key] : "-";
        const bool is_open = in_flight.contains(key);
        EXPECT_TRUE(etag_now == before || (is_open && etag_now == in_flight[key]))
            << key << " is " << etag_now << ", was " << before;
        if (is_open) ++events_max;
        etags[key] = etag_now;
    }
};

std::string etag_in(TestStore& store, const std::string& key) {
    const auto opened = store->open("photos", key);
    if (!opened) {
        EXPECT_EQ(opened.error().code, Code::no_such_key) << opened.error().message;
        return "-";
    }
    EXPECT_EQ(md5_hex(read_whole(opened->file)), opened->object.etag);
    return opened->object.etag;
}

TEST(Crash, KillAtAnyMomentLosesNothingAcknowledged) {
    TestStore store(
        {{.bucket = "photos", .event_prefix = "ObjectCreated:", .function = "processor"},
         {.bucket = "photos", .event_prefix = "ObjectRemoved:", .function = "processor"}});
    std::mt19937 random(1);
    Model model;
    for (unsigned round = 0; round < 25; ++round) {
        const std::int64_t events_before = store.events().counts("processor")->waiting;
        store.close();
        Victim victim(store.options(), round);
        model.in_flight.clear();
        model.events_min = 0;
        model.events_max = 0;
        for (const std::string& line : victim.kill_after(1 + static_cast<int>(random() % 40))) {
            model.take(line);
        }
        store.reopen();

        std::size_t objects = 0;
        for (const char own : {'a', 'b'}) {
            for (int i = 0; i < 6; ++i) {
                const std::string key = own + std::to_string(i);
                const std::string etag = etag_in(store, key);
                model.settle(key, etag);
                if (etag != "-") ++objects;
            }
        }
        const std::int64_t events = store.events().counts("processor")->waiting - events_before;
        EXPECT_GE(events, model.events_min);
        EXPECT_LE(events, model.events_min + model.events_max);
        EXPECT_EQ(files_below(store.dir() + "/objects").size(), objects);
        EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
        EXPECT_EQ(store->list("photos", {})->entries.size(), objects);
        for (const std::string& finding : store.findings()) ADD_FAILURE() << finding;
        if (testing::Test::HasFailure()) break;
    }
}

}  // namespace
}  // namespace imagemill::local
