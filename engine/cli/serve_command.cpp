#include <ostream>
#include <sstream>
#include <thread>

#include <CLI/CLI.hpp>

#include "api/officer_endpoint.h"
#include "cli/desk.h"
#include "cli/listening.h"
#include "cli/request_views.h"
#include "cli/stop_signal.h"

namespace sealdesk::cli {
namespace {

/// A desk of a thread's own, which answers as the command line would.
class DeskEndpoint final : public api::Endpoint {
public:
    explicit DeskEndpoint(const Program& program)
        : program_{.desk = program.desk,
                   .json = true,
                   .language = program.language,
                   .officer = {},
                   .password_file = {},
                   .out = text_,
                   .err = text_},
          desk_(open(program_)),
          endpoint_(
              desk_->office,
              {[this] {
                   return printed([this] { return list_queue(program_, *desk_, {}, {}, {}); });
               },
               [this](const std::string& number) {
                   return printed([&] { return show_requests(program_, *desk_, {number}); });
               }}) {}

    [[nodiscard]] api::HttpResponse answer(const api::HttpRequest& request) override {
        return endpoint_.answer(request);
    }

private:
    static std::unique_ptr<Desk> open(const Program& program) {
        auto desk = Desk::open(program);
        if (!desk) {
            throw Failure(desk.error());
        }
        return *std::move(desk);
    }
    Result<std::string> printed(const std::function<Outcome()>& print) {
        text_.str({});
        const Outcome done = print();
        return done ? Result<std::string>(text_.str()) : done.error();
    }

    std::ostringstream text_;
    Program program_;
    std::unique_ptr<Desk> desk_;
    api::OfficerEndpoint endpoint_;
};

Outcome serve_officers(Program& program, const Listening& listening) {
    auto options = http_options(program, listening);
    if (!options) {
        return options.error();
    }
    if (options->key.empty()) {
        return Error{ErrorKind::Invalid,
                     "http.needs_tls",
                     "Officers sign in with their certificate: name the server's with "
                     "--tls-certificate and --tls-key.",
                     {},
                     "M 1.3.2"};
    }
    options->ask_client_certificate = true;
    const api::HttpService service(*options,
                                   [&] { return std::make_unique<DeskEndpoint>(program); });
    print_address(program, *options, service.port());
    while (!stop_asked().load()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return done();
}

}  // namespace

void add_serve_command(CLI::App& app, Program& program) {
    auto listening = std::make_shared<Listening>();
    auto* serve = app.add_subcommand(
        "serve", program.text("提供審驗人員之 HTTPS 服務（以卡片憑證登入）",
                              "serve officers by HTTPS, signed in with their certificate"));
    add_listening_options(*serve, program, *listening);
    serve->footer(program.text("例： ", "Example: ") +
                  "sealdesk serve --listen 0.0.0.0:8443 --tls-certificate server.pem --tls-key "
                  "server.key\n"
                  "  curl --cert ann.pem --key ann.key --cacert server.pem "
                  "https://localhost:8443/requests");
    serve->callback([&program, listening] {
        listen_for_stop();
        // Each thread opens a desk of its own; this one says first whether there is any.
        with_desk(program, [&](Desk&) { return serve_officers(program, *listening); });
    });
}

}  // namespace sealdesk::cli
