// SPDX-License-Identifier: GPL-2.0-or-later
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <mutex>
#include <netioapi.h>
#include <stdexcept>
#include <utility>

/// A registration that ends with its scope.
class Registration {
public:
    using Callback = std::function<void(uint16_t, teredo_notification_type_t)>;

    explicit Registration(Callback callback)
        : callback_(std::move(callback))
    {
        const auto status = NotifyTeredoPortChange(&Registration::call, this, 0, &handle_);
        if (status != STATUS_SUCCESS)
            throw std::runtime_error(TeredoStatusMessage(status));
    }
    ~Registration()
    {
        CancelMibChangeNotify2(handle_);
    }
    Registration(const Registration &) = delete;
    Registration &operator=(const Registration &) = delete;

private:
    static void call(void *self, uint16_t port, teredo_notification_type_t type)
    {
        static_cast<Registration *>(self)->callback_(port, type);
    }

    Callback callback_;
    teredo_handle_t handle_ = nullptr;
};

int main()
{
    std::mutex lock;
    std::condition_variable changed;
    bool done = false;
    Registration registration([&](uint16_t port, teredo_notification_type_t type) {
        const char *change = type == MibAddInstance ? "open"
            : type == MibDeleteInstance             ? "close"
                                                    : "replace";
        std::printf("%s %u\n", change, port);
        std::fflush(stdout);
        std::lock_guard<std::mutex> guard(lock);
        done = type == MibDeleteInstance;
        changed.notify_all();
    });
    std::puts("ready");
    std::fflush(stdout);
    std::unique_lock<std::mutex> guard(lock);
    changed.wait(guard, [&] { return done; });
}
