#include "operator_client.h"

#include "api_client.h"
#include "base/encodings.h"
#include "operator_files.h"

namespace imagemill {
namespace {

// C0 and DEL, and C1 (U+0080 to U+009F), which some terminals obey as well.
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character.front());
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return character.size() == 2 && first == 0xc2 &&
           static_cast<unsigned char>(character.back()) < 0xa0;
}

std::size_t length_of_character(std::string_view text) {
    for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
        if (is_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

}  // namespace

Result<OperatorClient> OperatorClient::make(const std::string& data) {
    const RunningServer server = TRY(find_server(data));
    OperatorClient client;
    client.endpoint_ = TRY(net::parse_endpoint(server.url));
    client.token_ = server.token;
    client.client_ = net::make_client({});
    return client;
}

Result<json::object> OperatorClient::get(const std::string& call) {
    net::ClientRequest request;
    request.target = "/admin/" + call;
    return send(std::move(request));
}

Result<json::object> OperatorClient::post(const std::string& call, const json::object& body) {
    const std::string text = json::serialize(body);
    net::ClientRequest request;
    request.method = "POST";
    request.target = "/admin/" + call;
    request.headers.set("Content-Type", "application/json");
    request.body = as_bytes(text);
    return send(std::move(request));
}

Result<json::object> OperatorClient::send(net::ClientRequest request) {
    request.headers.set("Authorization", "Bearer " + token_);
    const net::ClientResponse response = TRY(client_->send(endpoint_, request));
    auto body = parse_json(as_text(response.body));
    if (!body || !body->is_object()) {
        return Error{Code::unavailable, "The server answered " + std::to_string(response.status) +
                                            ", and not in JSON."};
    }
    if (response.status != 200) return Error{Code::invalid_argument, problem_of(*body)};
    return std::move(body->as_object());
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = length_of_character(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
        if (length > 0 && !is_control(character)) {
            out += character;
        } else {
            for (const char byte : character) {
                out += "\\x" + format_hex(std::as_bytes(std::span(&byte, 1)));
            }
        }
        text.remove_prefix(character.size());
    }
    return out;
}

}  // namespace imagemill
