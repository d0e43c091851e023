#include "net/connection_pool.h"

#include <algorithm>

namespace imagemill::net {

bool ConnectionPool::Kept::is_within(Milliseconds idle_max) const {
    return steady_now() - since < idle_max && system_clock().now() - time < idle_max;
}

std::unique_ptr<Stream> ConnectionPool::take(const Endpoint& endpoint, Milliseconds idle_max) {
    std::vector<Kept> closed;  // Declared first: what it holds is closed after the lock is gone.
    const std::lock_guard lock(mutex_);
    for (auto it = kept_.begin(); it != kept_.end();) {
        auto& list = it->second;
        const auto young = std::ranges::find_if(
            list, [&](const Kept& kept) { return kept.is_within(idle_timeout_); });
        std::move(list.begin(), young, std::back_inserter(closed));
        list.erase(list.begin(), young);
        it = list.empty() ? kept_.erase(it) : std::next(it);
    }
    const auto found = kept_.find(endpoint);
    while (found != kept_.end() && !found->second.empty() &&
           found->second.back().is_within(idle_max)) {
        Kept last = std::move(found->second.back());
        found->second.pop_back();
        if (last.stream->is_quiet()) return std::move(last.stream);
        closed.push_back(std::move(last));
    }
    return nullptr;
}

void ConnectionPool::put(const Endpoint& endpoint, std::unique_ptr<Stream> stream) {
    if (per_endpoint_max_ <= 0) return;
    Kept closed;
    const std::lock_guard lock(mutex_);
    auto& list = kept_[endpoint];
    list.push_back({std::move(stream), steady_now(), system_clock().now()});
    if (std::cmp_greater(list.size(), per_endpoint_max_)) {
        closed = std::move(list.front());
        list.erase(list.begin());
    }
}

}  // namespace imagemill::net
