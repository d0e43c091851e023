#include "aws/credential_sources.h"

#include <memory>

#include "aws/container_credentials.h"

namespace imagemill::aws {
namespace {

CredentialSource always(Credentials credentials) {
    return [credentials = std::move(credentials)] { return Result<Credentials>(credentials); };
}

// Nothing where the user named neither file nor profile, and the usual ones have none.
Result<std::optional<Credentials>> find_in_file(const Environment& environment,
                                                const ReadCredentialsFile& read_file) {
    const auto named_file = environment("AWS_SHARED_CREDENTIALS_FILE");
    const auto named_profile = environment("AWS_PROFILE");
    const auto home = environment("HOME");
    const bool is_named = named_file || named_profile;
    if (!is_named && !home) return std::optional<Credentials>();

    const std::string path = named_file.value_or(home.value_or("") + "/.aws/credentials");
    const std::string profile = named_profile.value_or("default");
    const auto text = read_file(path);
    if (!text && !is_named) return std::optional<Credentials>();
    if (!text) return Error{Code::unauthenticated, text.error().message};
    auto credentials = parse_credentials_file(*text, profile);
    if (credentials) return std::optional(*std::move(credentials));
    // Without being named, a profile that has no keys (a role, SSO) is as good as none.
    if (!is_named && credentials.error().code == Code::unauthenticated) {
        return std::optional<Credentials>();
    }
    return Error{credentials.error().code, path + ": " + credentials.error().message};
}

}  // namespace

Result<CredentialSource> find_credentials(const Environment& environment,
                                          const ReadCredentialsFile& read_file, net::Client& client,
                                          const Clock& clock) {
    if (environment("AWS_ACCESS_KEY_ID") || environment("AWS_SECRET_ACCESS_KEY")) {
        return always(TRY(credentials_from_environment(environment)));
    }
    auto in_file = TRY(find_in_file(environment, read_file));
    if (in_file) return always(*std::move(in_file));
    auto address = TRY(find_container(environment));
    if (address) {
        const auto container = std::make_shared<ContainerCredentials>(
            *std::move(address), environment, read_file, client, clock);
        return CredentialSource([container] { return container->get(); });
    }
    return Error{
        Code::unauthenticated,
        "There are no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not "
        "set, ~/.aws/credentials (AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE) has none, and "
        "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI says whom to ask. Other places are not looked "
        "at."};
}

}  // namespace imagemill::aws
