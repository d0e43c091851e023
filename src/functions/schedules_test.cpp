// Effects once, under faults: schedules drawn from seeds. Three processors at work at once, stopped
// and resumed at every call of the store; events in any order, doubled, lost and sent again;
// processors that die at any call or before their response; new versions, deletions and other
// recipes meanwhile; events that no attempt finished. At the end the outputs are those of the
// newest sources and recipes, and nothing else is there (docs/guarantees.md).
//
// IMAGEMILL_SEED=<n> runs that schedule alone; IMAGEMILL_LONG=1 runs 50,000.
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "base/encodings.h"
#include "functions/test_world.h"

namespace imagemill::functions {
namespace {

const std::array<std::string, 3> kKeys = {"cat.jpg", "trips/dog.jpg", "trips/rome/cat.jpg"};
constexpr int kAttemptsMax = 3;
constexpr int kStepsMax = 100'000;  // A schedule that takes more will not end.

// A thread that works only while step() waits for it: whoever steps decides who is next, and all
// of it is one thread at a time.
class Player {
  public:
    Player() : thread_([this] { play(); }) {}
    ~Player() {
        task_ = nullptr;
        step();
        thread_.join();
    }

    bool is_idle() const { return !task_; }
    void begin(std::function<void()> task) { task_ = std::move(task); }
    // Until the task pauses or ends.
    void step() {
        std::unique_lock lock(mutex_);
        moves_ = true;
        changed_.notify_one();
        changed_.wait(lock, [this] { return !moves_; });
    }
    // Of the task.
    void pause() {
        std::unique_lock lock(mutex_);
        moves_ = false;
        changed_.notify_one();
        changed_.wait(lock, [this] { return moves_; });
    }

  private:
    void play() {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return moves_; });
        }
        while (task_) {
            task_();
            task_ = nullptr;
            pause();
        }
        const std::lock_guard lock(mutex_);
        moves_ = false;
        changed_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool moves_ = false;          // Guarded by mutex_.
    std::function<void()> task_;  // Belongs to who moves.
    std::thread thread_;          // Last, as it uses the rest.
};

// What there was to survive, over all schedules.
struct Tally {
    std::map<std::string, int> deaths;  // By where.
    int doubled = 0;
    int lost_answers = 0;
    int dead_letters = 0;
    int recipe_changes = 0;
    int runs = 0;
};

// An event of the source, or the record that its last attempt failed.
struct Message {
    store::ObjectEvent event;
    int attempts = 0;
    bool is_record = false;
};

Recipes recipes_of(std::vector<std::pair<std::string, int>> renditions) {
    Recipes recipes;
    Rule& rule = recipes.rules.emplace_back();
    for (auto& [name, width] : renditions) {
        const Recipes one = World::recipe(std::move(name), width);
        rule.renditions.push_back(one.rules[0].renditions[0]);
    }
    return recipes;
}

std::vector<Recipes> all_recipes() {
    std::vector<Recipes> all = {recipes_of({{"small", 100}}),
                                recipes_of({{"small", 100}, {"large", 900}}),
                                recipes_of({{"large", 900}, {"small", 200}})};
    all.push_back(all[1]);
    all.back().rules[0].prefix = "trips/";
    return all;
}

using Players = std::array<Player, 3>;

class Schedule {
  public:
    Schedule(std::uint32_t seed, Players& players, Tally& tally)
        : random_(seed), players_(players), tally_(tally) {
        settings_.push_back(world_.settings);
        settings_.back().recipes = recipes_[random_() % recipes_.size()];
        constexpr std::array<std::uint32_t, 3> odds = {60, 25, 10};
        death_one_in_ = odds.at(random_() % odds.size());
    }

    void run() {
        for (int i = 0; i < 50; ++i) act();
        is_calm_ = true;
        settle();
        expect_every_picture_ended();
        for (const Message& letter : dead_) queue_.push_back({.event = letter.event});
        dead_.clear();
        settle();
        expect_newest();
    }

  private:
    bool one_in(std::uint32_t n) { return random_() % n == 0; }
    const std::string& any_key() { return kKeys[random_() % kKeys.size()]; }

    void act() {
        if (one_in(6)) {
            change_source();
        } else if (one_in(40)) {
            change_recipes();
        } else {
            move();
        }
    }

    void change_source() {
        const std::string& key = any_key();
        if (one_in(4)) {
            world_.remove(key);
        } else {
            world_.put(key, (one_in(4) ? "corrupt " : "picture ") + std::to_string(random_() % 3));
        }
        queue_.push_back({.event = world_.event(key)});
        if (one_in(8)) {
            queue_.push_back(queue_.back());
            ++tally_.doubled;
        }
    }

    // As a server does it: whoever works with the old recipes ends first, then what is there is
    // queued anew.
    void change_recipes() {
        while (!all_idle()) step_any();
        settings_.push_back(settings_.back());
        settings_.back().recipes = recipes_[random_() % recipes_.size()];
        for (const std::string& key : kKeys) {
            if (world_.memory->head(world_.source(key))) {
                queue_.push_back({.event = world_.event(key)});
            }
        }
        ++tally_.recipe_changes;
    }

    bool all_idle() const {
        return std::ranges::all_of(players_, [](const Player& player) { return player.is_idle(); });
    }

    void step_any() {
        Player& player = players_[random_() % players_.size()];
        if (player.is_idle()) return;
        player.step();
    }

    // A player that is idle takes a message, one at work makes its next call.
    void move() {
        ++steps_;
        Player& player = players_[random_() % players_.size()];
        if (player.is_idle()) {
            if (queue_.empty()) return;
            const auto at = static_cast<std::ptrdiff_t>(random_() % queue_.size());
            Message message = queue_[static_cast<std::size_t>(at)];
            queue_.erase(queue_.begin() + at);
            player.begin(
                [this, &player, message = std::move(message)] { handle(player, message); });
        }
        player.step();
    }

    void settle() {
        while (steps_ < kStepsMax && !(queue_.empty() && all_idle())) move();
        EXPECT_LT(steps_, kStepsMax) << "It does not end.";
        while (!all_idle()) step_any();
    }

    std::string place_of(std::string_view side, const store::Step& step) const {
        constexpr std::array<std::string_view, 5> names = {"get", "head", "put", "remove", "list"};
        const bool is_source = step.id.bucket == world_.settings.source_bucket;
        const bool is_manifest = step.id.key.starts_with("manifests/");
        return std::string(side) + " " +
               std::string(names.at(static_cast<std::size_t>(step.call))) +
               (is_source     ? " of a source"
                : is_manifest ? " of a manifest"
                              : " of a rendition");
    }
    // Whether it dies here. The dead stay dead.
    bool dies(bool& dead) {
        dead = dead || (!is_calm_ && one_in(death_one_in_));
        return dead;
    }

    // One attempt, on the player's thread.
    void handle(Player& player, const Message& message) {
        ++tally_.runs;
        const std::size_t recipes = settings_.size() - 1;
        store::FaultyStore store(*world_.memory);
        bool dead = false;
        std::set<std::string> written;
        store.before = [&](const store::Step& step) {
            if (dead) return store::unavailable(step);
            player.pause();
            if (dies(dead)) {
                ++tally_.deaths[place_of("before", step)];
                return store::unavailable(step);
            }
            if (step.call == store::Call::put) written.insert(step.id.key);
            return store::ok();
        };
        store.after = [&](const store::Step& step) {
            if (dies(dead)) {
                ++tally_.deaths[place_of("after", step)];
                return store::unavailable(step);
            }
            if (is_calm_ || !one_in(100)) return store::ok();
            ++tally_.lost_answers;
            return store::unavailable(step);
        };
        bool done = attempt(message, store, settings_[recipes]);
        if (done && dies(dead)) {
            ++tally_.deaths["before the response"];
            done = false;
        }
        if (done) return;
        for (const std::string& key : written) unlisted_[key] = recipes;
        fail(message);
    }

    bool attempt(const Message& message, store::ObjectStore& store, const Settings& settings) {
        ProcessorContext context = {.store = store,
                                    .settings = settings,
                                    .clock = world_.clock,
                                    .log = log_,
                                    .render = fake_render};
        if (message.is_record) return !!record_failure(message.event, "It died.", context);
        return !!process(message.event, context);
    }

    void fail(Message message) {
        ++message.attempts;
        if (message.is_record || message.attempts < kAttemptsMax) {
            queue_.push_back(std::move(message));
            return;
        }
        ++tally_.dead_letters;
        dead_.push_back(message);
        queue_.push_back({.event = message.event, .is_record = true});
    }

    // Each source has a manifest that speaks of it, and one that says ready tells the truth, though
    // some event was given up.
    void expect_every_picture_ended() const {
        for (const std::string& key : kKeys) {
            const auto source = world_.memory->head(world_.source(key));
            if (!source) continue;
            const auto manifest = world_.manifest(key);
            ASSERT_TRUE(manifest.has_value()) << key;
            EXPECT_EQ(manifest->source.etag, source->etag) << key;
            for (const Rendition& rendition : manifest->renditions) {
                EXPECT_EQ(world_.etag_of(world_.output(rendition.key)), rendition.etag)
                    << rendition.key;
            }
        }
    }

    void expect_newest() const {
        std::set<std::string> expected;
        for (const std::string& key : kKeys) {
            const auto made = world_.expect_made(key, settings_.back().recipes);
            expected.insert(made.begin(), made.end());
        }
        for (const std::string& key : world_.outputs()) {
            if (expected.contains(key) || may_be_left(key)) continue;
            ADD_FAILURE() << key << " is left over.";
        }
    }

    // What is not promised: a file put before any manifest listed it stays, where recipes that have
    // none such came next.
    bool may_be_left(const std::string& output) const {
        const auto found = unlisted_.find(output);
        if (found == unlisted_.end() || output.starts_with("manifests/")) return false;
        for (std::size_t i = found->second + 1; i < settings_.size(); ++i) {
            if (!may_be_made(output, settings_[i].recipes)) return true;
        }
        return false;
    }

    static bool may_be_made(const std::string& output, const Recipes& recipes) {
        for (const std::string& key : kKeys) {
            const Rule* rule = find_rule(recipes, key);
            for (std::size_t i = 0; rule != nullptr && i < rule->renditions.size(); ++i) {
                if (rendition_key(key, rule->renditions[i].name) == output) return true;
            }
        }
        return false;
    }

    std::mt19937 random_;
    Players& players_;
    Tally& tally_;
    World world_;
    const Log log_{world_.clock, Level::error, [](std::string_view) {}};
    const std::vector<Recipes> recipes_ = all_recipes();
    std::deque<Settings> settings_;  // All there were: who works holds on to its own.
    std::vector<Message> queue_;     // Handed out in any order.
    std::vector<Message> dead_;
    std::map<std::string, std::size_t> unlisted_;  // Put by who then failed, and its recipes.
    std::uint32_t death_one_in_ = 0;
    int steps_ = 0;
    bool is_calm_ = false;  // Nothing dies and nothing is lost any more.
};

struct Seeds {
    std::uint32_t first = 1;
    std::uint32_t count = 1;
};

Seeds seeds() {
    if (const char* text = std::getenv("IMAGEMILL_SEED")) {
        const auto seed = parse_count(text);
        EXPECT_TRUE(seed) << "IMAGEMILL_SEED is \"" << text << "\"; expected a whole number.";
        return {.first = static_cast<std::uint32_t>(seed ? *seed : 0), .count = 1};
    }
    return {.first = 1, .count = std::getenv("IMAGEMILL_LONG") == nullptr ? 500U : 50'000U};
}

TEST(Schedules, EndInTheRenditionsOfTheNewestSources) {
    Tally tally;
    Players players;
    const Seeds drawn = seeds();
    for (std::uint32_t i = 0; i < drawn.count; ++i) {
        const std::uint32_t seed = drawn.first + i;
        SCOPED_TRACE("IMAGEMILL_SEED=" + std::to_string(seed));
        Schedule(seed, players, tally).run();
        if (HasFailure()) return;
    }

    std::cerr << drawn.count << " schedules from seed " << drawn.first << ": " << tally.runs
              << " attempts, " << tally.doubled << " doubled, " << tally.lost_answers
              << " answers lost, " << tally.dead_letters << " dead letters, "
              << tally.recipe_changes << " recipe changes; deaths";
    for (const auto& [place, count] : tally.deaths) std::cerr << ", " << place << ": " << count;
    std::cerr << "\n";
    if (drawn.count == 1) return;
    for (const char* place :
         {"after get of a source", "before put of a rendition", "after put of a rendition",
          "before put of a manifest", "after put of a manifest", "before the response"}) {
        EXPECT_GT(tally.deaths[place], 0) << place;
    }
}

}  // namespace
}  // namespace imagemill::functions
