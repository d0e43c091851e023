// credential_sources: the first place that has credentials, and what it gives as time goes on.
//
// Shapes:  Looked at in this order: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the profile
//          AWS_PROFILE (else "default") of the file AWS_SHARED_CREDENTIALS_FILE (else
//          ~/.aws/credentials); the container's service, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or
//          AWS_CONTAINER_CREDENTIALS_FULL_URI, as ECS, EKS Pod Identity and Lambda's SnapStart have
//          it. Not asked: EC2's metadata service, web identities, SSO, credential_process.
//          The first two are read once. A container is asked when its credentials are first needed
//          and again before they expire; it is asked over http only at a loopback address, at ECS's
//          and EKS's own, and at the Runtime API's: a secret passes there.
// Errors:  unauthenticated   no place has any; names the places. A place that was named and has
//                            none, or a container that refuses.
//          invalid_argument  a place that cannot be read or may not be asked.
//          unavailable       the container does not answer, and what it gave before has expired.
//          No message holds a secret.
// Threads: a source may be asked on any thread.
// Cost:    a container: one request to a neighbour each time its credentials run out.
// Source:  AWS SDKs and tools reference guide, "Standardized credential providers", "Container
//          credential provider"; SnapStart: Lambda developer guide, "Credentials".
#pragma once

#include "aws/credentials.h"
#include "net/client.h"

namespace imagemill::aws {

// The credentials of now.
using CredentialSource = std::function<Result<Credentials>()>;

// The content of a file. An error where there is none.
using ReadCredentialsFile = std::function<Result<std::string>(const std::string& path)>;

// `client` and `clock` outlive the source.
Result<CredentialSource> find_credentials(const Environment& environment,
                                          const ReadCredentialsFile& read_file, net::Client& client,
                                          const Clock& clock);

}  // namespace imagemill::aws
