// keys: further keys to the S3 service, each with what it may do.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "commands.h"
#include "local/s3/key_file.h"

namespace imagemill {
namespace {

struct KeysOptions {
    std::string data = "./data";
    std::string name;
    std::vector<std::string> grants;
};

int fail(const Error& error) {
    std::cerr << "imagemill: " << error.message << "\n";
    return 1;
}

// What AWS's tools read from ~/.aws/credentials; the secret is shown this once.
int add(const KeysOptions& options) {
    const auto key = local::add_key(options.data, options.name, options.grants);
    if (!key) return fail(key.error());
    std::cout << aws::format_credentials_file(key->credentials, key->name);
    return 0;
}

int list(const KeysOptions& options) {
    const auto keys = local::load_keys(options.data);
    if (!keys) return fail(keys.error());
    for (const local::NamedKey& key : *keys) {
        std::cout << key.name << "  " << key.credentials.access_key;
        for (const std::string& grant : key.grant_texts) std::cout << "  " << grant;
        std::cout << "\n";
    }
    return 0;
}

int remove(const KeysOptions& options) {
    const auto removed = local::remove_key(options.data, options.name);
    return removed ? 0 : fail(removed.error());
}

void add_data(CLI::App& command, KeysOptions& options) {
    command.add_option("--data", options.data, "The data directory; a server may have it open")
        ->check(CLI::ExistingDirectory)
        ->capture_default_str();
}

}  // namespace

void add_keys(CLI::App& app, Run& run) {
    auto options = std::make_shared<KeysOptions>();
    CLI::App* keys = app.add_subcommand(
        "keys", "Adds, lists and removes keys to the S3 service, each with what it may do.");
    keys->require_subcommand(1);
    keys->footer(
        "A running server follows at once. The root key (data/credentials) may do everything.\n"
        "Example:\n  imagemill keys add backup --grant read=image-upload-source-bucket");

    CLI::App* adding = keys->add_subcommand("add", "Makes a key and prints it, this once.");
    adding->add_option("name", options->name, "What to call it: a-z, 0-9 and \"-\"")->required();
    adding
        ->add_option(
            "--grant", options->grants,
            "WHAT=BUCKET or WHAT=BUCKET/PREFIX; WHAT is read, write or an action of S3 such "
            "as s3:PutObject; may be given more than once")
        ->required()
        ->expected(1)
        ->take_all();
    add_data(*adding, *options);
    adding->footer(
        "Example:\n  imagemill keys add app --grant read=photos --grant write=photos/inbox/ >> "
        "~/.aws/credentials");
    adding->callback([options, &run] { run = [options] { return add(*options); }; });

    CLI::App* listing =
        keys->add_subcommand("list", "Names, access keys and grants; never a secret.");
    add_data(*listing, *options);
    listing->footer("Example:\n  imagemill keys list --data ./data");
    listing->callback([options, &run] { run = [options] { return list(*options); }; });

    CLI::App* removing = keys->add_subcommand("remove", "Ends a key, and every URL it signed.");
    removing->add_option("name", options->name, "Whose")->required();
    add_data(*removing, *options);
    removing->footer("Example:\n  imagemill keys remove backup");
    removing->callback([options, &run] { run = [options] { return remove(*options); }; });
}

}  // namespace imagemill
