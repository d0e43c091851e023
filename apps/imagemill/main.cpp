// imagemill: the command. Parses argv; the rest is in the subcommands' files.
#include <csignal>
#include <exception>
#include <iostream>

#include "commands.h"

int main(int argc, char** argv) {
    // A peer that hangs up is an error of one write, not the end of the program.
    std::signal(SIGPIPE, SIG_IGN);
    CLI::App app{"imagemill: a serverless image processor, on one machine or on AWS."};
    app.set_version_flag("--version", IMAGEMILL_VERSION);
    app.require_subcommand(1);
    imagemill::Run run;
    imagemill::add_serve(app, run);
    imagemill::add_process(app, run);
    imagemill::add_upload(app, run);
    imagemill::add_status(app, run);
    imagemill::add_logs(app, run);
    imagemill::add_check(app, run);
    imagemill::add_keys(app, run);
    imagemill::add_console(app, run);
    imagemill::add_events(app, run);
    imagemill::add_reprocess(app, run);
    try {
        app.parse(argc, argv);
        return run();
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    } catch (const std::exception& error) {
        std::cerr << "imagemill: " << error.what() << "\n";
        return 1;
    }
}
