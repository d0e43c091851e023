#include "local/s3/key_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/encodings.h"
#include "base/fd.h"
#include "base/json.h"
#include "local/s3/grants.h"
#include "local/s3/secret_file.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kNameBytesMax = 64;
// What holder_of and the credentials file say of other keys.
constexpr std::array<std::string_view, 3> kTakenNames{"root", "nobody", "default"};

std::string path_in(const std::string& dir) {
    return dir + "/keys.json";
}

Result<void> check_name(const std::string& name) {
    const bool is_plain = std::ranges::all_of(
        name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (name.empty() || name.size() > kNameBytesMax || !is_plain) {
        return Error{Code::invalid_argument,
                     "A key's name is 1 to " + std::to_string(kNameBytesMax) +
                         " of a-z, 0-9 and \"-\"; \"" + printable(name, 100) + "\" is not."};
    }
    if (std::ranges::find(kTakenNames, name) == kTakenNames.end()) return {};
    return Error{Code::invalid_argument, "The name " + name + " stands for another key already."};
}

Result<std::vector<Grant>> parse_grants(const std::vector<std::string>& texts) {
    std::vector<Grant> grants;
    for (const std::string& text : texts) {
        const std::vector<Grant> parsed = TRY(parse_grant(text));
        grants.insert(grants.end(), parsed.begin(), parsed.end());
    }
    if (!grants.empty()) return grants;
    return Error{Code::invalid_argument,
                 "A key without a grant may do nothing: give it one, such as --grant read=photos."};
}

Result<NamedKey> parse_key(const JsonReader& reader) {
    NamedKey key;
    const auto text_at = [&](std::string_view name) -> Result<std::string> {
        const JsonReader member = TRY(reader.at(name));
        return member.string();
    };
    key.name = TRY(text_at("name"));
    key.credentials.access_key = TRY(text_at("access_key"));
    key.credentials.secret_key = TRY(text_at("secret_key"));
    const JsonReader list = TRY(reader.at("grants"));
    for (const JsonReader& grant : TRY(list.elements())) {
        key.grant_texts.push_back(TRY(grant.string()));
    }
    key.grants = TRY(parse_grants(key.grant_texts));
    return key;
}

Result<std::vector<NamedKey>> parse_keys(const std::string& text) {
    const json::value value = TRY(parse_json(text));
    const std::vector<JsonReader> elements = TRY(JsonReader(value).elements());
    std::vector<NamedKey> keys;
    for (const JsonReader& element : elements) keys.push_back(TRY(parse_key(element)));
    return keys;
}

std::string format_keys(const std::vector<NamedKey>& keys) {
    json::array list;
    for (const NamedKey& key : keys) {
        json::array grants;
        for (const std::string& grant : key.grant_texts) grants.emplace_back(grant);
        list.push_back(json::object{{"name", key.name},
                                    {"access_key", key.credentials.access_key},
                                    {"secret_key", key.credentials.secret_key},
                                    {"grants", std::move(grants)}});
    }
    return json::serialize(list) + "\n";
}

// Who holds it may change the file; the folder itself is what is locked, so nothing stays behind.
Result<Fd> take_turn(const std::string& dir) {
    Fd folder(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::flock(folder.get(), LOCK_EX) != 0) {
        return Error{Code::unavailable,
                     "Cannot open the data directory " + dir + ": " + std::strerror(errno) + "."};
    }
    return folder;
}

}  // namespace

Result<std::vector<NamedKey>> load_keys(const std::string& dir) {
    const auto text = TRY(read_secret_file(path_in(dir)));
    if (!text) return std::vector<NamedKey>();
    auto keys = parse_keys(*text);
    if (keys) return keys;
    return Error{Code::corrupt, path_in(dir) + " is damaged: " + keys.error().message};
}

Result<NamedKey> add_key(const std::string& dir, const std::string& name,
                         const std::vector<std::string>& grants) {
    TRY(check_name(name));
    std::vector<Grant> parsed = TRY(parse_grants(grants));
    NamedKey key{.name = name,
                 .credentials = make_credentials(),
                 .grant_texts = grants,
                 .grants = std::move(parsed)};
    const Fd turn = TRY(take_turn(dir));
    std::vector<NamedKey> keys = TRY(load_keys(dir));
    if (std::ranges::find(keys, name, &NamedKey::name) != keys.end()) {
        return Error{Code::conflict, "There is a key " + name + " already; remove it first."};
    }
    keys.push_back(key);
    const std::string text = format_keys(keys);
    if (text.size() > kSecretFileBytesMax) {
        return Error{Code::too_large, "The keys would take " + std::to_string(text.size()) +
                                          " bytes; at most " + std::to_string(kSecretFileBytesMax) +
                                          " are kept."};
    }
    TRY(replace_secret_file(path_in(dir), text));
    return key;
}

Result<void> remove_key(const std::string& dir, const std::string& name) {
    const Fd turn = TRY(take_turn(dir));
    std::vector<NamedKey> keys = TRY(load_keys(dir));
    if (std::erase_if(keys, [&](const NamedKey& key) { return key.name == name; }) == 0) {
        return Error{Code::no_such_key, "There is no key " + printable(name, 100) + "."};
    }
    return replace_secret_file(path_in(dir), format_keys(keys));
}

std::optional<KeyFile::Stamp> KeyFile::stamp() const {
    struct stat status = {};
    if (::stat(path_in(dir_).c_str(), &status) != 0) return std::nullopt;
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    return Stamp{.inode = status.st_ino,
                 .size_bytes = status.st_size,
                 .modified_ns = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

std::shared_ptr<const std::vector<NamedKey>> KeyFile::keys() {
    const std::optional<Stamp> now = stamp();
    const std::lock_guard lock(mutex_);
    if (now == seen_) return keys_;
    seen_ = now;
    auto loaded = load_keys(dir_);
    if (loaded) {
        keys_ = std::make_shared<const std::vector<NamedKey>>(*std::move(loaded));
    } else {
        log_.warn("the keys that were added stay as they were", {{"why", loaded.error().message}});
    }
    return keys_;
}

}  // namespace imagemill::local
