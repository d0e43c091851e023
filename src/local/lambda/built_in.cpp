#include "local/lambda/built_in.h"

#include <stop_token>
#include <utility>

namespace imagemill::local {
namespace {

class BuiltInInstance final : public Instance {
  public:
    BuiltInInstance(const FunctionConfig& function, FunctionPool& pool, const Clock& clock)
        : function_(function), pool_(pool), clock_(clock) {}

    bool wait_ready() override { return true; }
    Outcome fail_init(const std::string& request_id) override {
        return {.status = InvocationStatus::error,
                .payload = format_error("Runtime.Internal", request_id, "it was never called"),
                .error_type = "Runtime.Internal"};
    }
    Outcome run(Invocation invocation) override {
        const SteadyTime start = clock_.steady();
        BuiltInAnswer answer = function_.built_in({.request_id = invocation.request_id,
                                                   .trace_id = invocation.trace_id,
                                                   .payload = invocation.payload,
                                                   .pool = pool_,
                                                   .stopping = stop_.get_token()});
        const bool has_failed = !answer.error_type.empty();
        lost_ = has_failed && stop_.stop_requested();  // What was done before the kill is done.
        return {.status = has_failed ? InvocationStatus::error : InvocationStatus::success,
                .payload = std::move(answer.payload),
                .error_type = std::move(answer.error_type),
                .log_tail = {},
                .duration = clock_.steady() - start,
                .is_final = answer.is_final,
                .pause_min = answer.pause_min};
    }
    bool is_alive() const override { return !stop_.stop_requested(); }
    bool lost() const override { return lost_; }
    bool settle() override { return is_alive(); }
    void kill() override { stop_.request_stop(); }
    Milliseconds start_duration() const override { return Milliseconds(0); }

  private:
    const FunctionConfig& function_;
    FunctionPool& pool_;
    const Clock& clock_;
    std::stop_source stop_;
    bool lost_ = false;
};

}  // namespace

std::unique_ptr<Instance> make_built_in(const FunctionConfig& function, FunctionPool& pool,
                                        const Clock& clock) {
    return std::make_unique<BuiltInInstance>(function, pool, clock);
}

}  // namespace imagemill::local
