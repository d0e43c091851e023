// function_environment: what the functions of a server are told: the user's variables but for those
// of the webhook, then what the command line says, with the recipes file read in.
//
// Errors:  a sentence for the person who typed the command: a file that cannot be read, a recipe or
//          a variable that is refused.
// Threads: any.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "cloud.h"
#include "functions/settings.h"

namespace imagemill {

struct FunctionEnvironment {
    std::map<std::string, std::string> variables;
    functions::Settings settings;  // What they mean.
};

Result<FunctionEnvironment> read_function_environment(const CloudOptions& options);

// IMAGEMILL_EVENTS_TOKEN, where it is set.
std::string events_token(const CloudOptions& options);

// Empty: the recipes are the built-in ones, or in the variable itself.
std::string recipes_path(const CloudOptions& options);

bool is_loopback(const std::string& host);

}  // namespace imagemill
