// upload: sends files to a running imagemill and says where the results are.
#include <iostream>
#include <memory>
#include <vector>

#include "api_client.h"
#include "commands.h"
#include "files.h"
#include "progress.h"

namespace imagemill {
namespace {

struct UploadOptions {
    ApiOptions api;
    std::vector<std::string> files;
    bool wait = true;
};

constexpr int kWaitSeconds = 20;
constexpr int kWaitsMax = 15;

std::string member(const json::value& object, std::string_view name) {
    const json::value* value = object.is_object() ? object.as_object().if_contains(name) : nullptr;
    return value != nullptr && value->is_string() ? value->as_string().c_str() : "";
}

// The picture's final state; waits for it.
Result<json::value> final_state(ApiClient& api, const std::string& filename) {
    for (int i = 0; i < kWaitsMax; ++i) {
        const auto answer = TRY(api.image(filename, kWaitSeconds));
        if (answer.status == 202) continue;
        if (answer.status == 200) return answer.body;
        return Error{Code::unavailable, problem_of(answer.body)};
    }
    return Error{Code::timeout, "Still processing after " +
                                    std::to_string(kWaitSeconds * kWaitsMax) +
                                    " s; ask again with "
                                    "`imagemill status " +
                                    filename + "`."};
}

Result<void> upload_one(ApiClient& api, const std::string& path, bool wait) {
    const std::string bytes = TRY(read_file(path));
    const std::string basename = path.substr(path.find_last_of('/') + 1);
    const auto answer = TRY(api.upload(basename, as_bytes(bytes)));
    if (answer.status != 201) return Error{Code::unavailable, problem_of(answer.body)};
    const json::value& image = answer.body.at("images").at(0);
    const std::string filename = member(image, "filename");
    const std::string self = member(image.at("links"), "self");
    if (!wait) {
        std::cout << path << "  " << api.address(self) << "\n";
        return {};
    }
    const json::value state = TRY(final_state(api, filename));
    for (const json::value& rendition : state.at("renditions").as_array()) {
        std::cout << path << "  " << member(rendition, "name") << "  "
                  << rendition.at("width").to_number<int>() << "×"
                  << rendition.at("height").to_number<int>() << "  "
                  << format_bytes(rendition.at("size").to_number<std::int64_t>()) << "  "
                  << api.address(self) << "?redirect=" << member(rendition, "name") << "\n";
    }
    return {};
}

int upload(const UploadOptions& options) {
    auto api = ApiClient::make(options.api);
    if (!api) {
        std::cerr << "imagemill: " << api.error().message << "\n";
        return 1;
    }
    int failed = 0;
    Progress progress("uploading");
    std::int64_t done = 0;
    for (const std::string& path : options.files) {
        progress.show(done++, static_cast<std::int64_t>(options.files.size()), path);
        const auto result = upload_one(*api, path, options.wait);
        if (result) continue;
        ++failed;
        std::cerr << path << ": " << result.error().message << "\n";
    }
    return failed == 0 ? 0 : 1;
}

}  // namespace

void add_upload(CLI::App& app, Run& run) {
    auto options = std::make_shared<UploadOptions>();
    CLI::App* command =
        app.add_subcommand("upload", "Sends pictures to a running imagemill, prints the results.");
    command->add_option("FILE", options->files, "The pictures")->required();
    command->add_flag("--wait,!--no-wait", options->wait, "Waits for the results (default)");
    add_api_options(*command, options->api);
    command->footer("Example:\n  imagemill upload photo.jpg holiday/*.jpg");
    command->callback([options, &run] { run = [options] { return upload(*options); }; });
}

}  // namespace imagemill
