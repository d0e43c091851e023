#include "api_client.h"

#include "base/encodings.h"

namespace imagemill {

void add_api_options(CLI::App& command, ApiOptions& options) {
    command.add_option("--url", options.url, "Where imagemill answers")
        ->envname("IMAGEMILL_URL")
        ->capture_default_str();
    command.add_option("--token", options.token, "The upload token, where one is asked for")
        ->envname("IMAGEMILL_UPLOAD_TOKEN");
}

Result<ApiClient> ApiClient::make(const ApiOptions& options) {
    ApiClient api;
    api.endpoint_ = TRY(net::parse_endpoint(options.url));
    api.token_ = options.token;
    api.client_ = net::make_client({});
    return api;
}

Result<ApiClient::Answer> ApiClient::upload(const std::string& filename, Bytes bytes) {
    net::ClientRequest request;
    request.method = "POST";
    request.target = "/upload?filename=" + percent_encode(filename, Slash::encode);
    request.headers.set("Content-Type", "application/octet-stream");
    request.body = bytes;
    return send(std::move(request));
}

Result<ApiClient::Answer> ApiClient::image(const std::string& filename, int wait_seconds) {
    net::ClientRequest request;
    request.target = "/image/" + percent_encode(filename, Slash::keep);
    if (wait_seconds > 0) request.target += "?wait=" + std::to_string(wait_seconds);
    return send(std::move(request));
}

std::string ApiClient::address(std::string_view path) const {
    return endpoint_.scheme + "://" + net::host_header(endpoint_) + std::string(path);
}

Result<ApiClient::Answer> ApiClient::send(net::ClientRequest request) {
    if (!token_.empty()) request.headers.set("Authorization", "Bearer " + token_);
    const net::ClientResponse response = TRY(client_->send(endpoint_, request));
    auto body = parse_json(as_text(response.body));
    if (!body) {
        return Error{Code::unavailable, address("") + " answered " +
                                            std::to_string(response.status) +
                                            ", and not in JSON: is that imagemill?"};
    }
    return Answer{response.status, *std::move(body)};
}

std::string problem_of(const json::value& body) {
    const json::object* object = body.if_object();
    if (object == nullptr) return "no reason given";
    if (const json::value* detail = object->if_contains("detail"); detail != nullptr) {
        if (const json::string* text = detail->if_string(); text != nullptr) return text->c_str();
    }
    const json::value* error = object->if_contains("error");
    if (error != nullptr && error->is_object()) {
        if (const json::value* text = error->as_object().if_contains("message");
            text != nullptr && text->is_string()) {
            return text->as_string().c_str();
        }
    }
    return "no reason given";
}

}  // namespace imagemill
