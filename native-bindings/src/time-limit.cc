// Ends a call that takes too long: for code of users, which may loop for ever, on a thread that must go on.
//
//   call:      arm -> function -> disarm          one thread a process looks every TICK whether what is armed is overdue,
//   watchdog:  armed and overdue? -> terminate    and makes V8 throw what no code can catch
//
// Arming is two stores and a look at the clock, so that a guarded call costs little more than any call from C++.
#include "bindings.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace penstock {

using Clock = std::chrono::steady_clock;

constexpr auto TICK = std::chrono::milliseconds(5);

class Watchdog {
 public:
  explicit Watchdog(v8::Isolate* isolate) : isolate_(isolate), thread_([this] { Watch(); }) {
    node::AddEnvironmentCleanupHook(isolate, [](void* self) { delete static_cast<Watchdog*>(self); }, this);
  }

  ~Watchdog() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  // False: a call is guarded already, and this one is within it.
  bool Arm(int64_t limit_ms) {
    uint64_t state = state_.load(std::memory_order_relaxed);
    if (PhaseOf(state) != IDLE) return false;
    deadline_.store((Clock::now() + std::chrono::milliseconds(limit_ms)).time_since_epoch().count(), std::memory_order_relaxed);
    state_.store(Next(state) | ARMED, std::memory_order_release);
    return true;
  }

  // True: the call was ended, and V8 is fit to go on.
  bool Disarm() {
    uint64_t armed = state_.load(std::memory_order_relaxed);
    if (PhaseOf(armed) == ARMED && state_.compare_exchange_strong(armed, Next(armed) | IDLE)) return false;
    while (PhaseOf(state_.load(std::memory_order_acquire)) != FIRED) std::this_thread::yield();
    isolate_->CancelTerminateExecution();
    state_.store(Next(armed) | IDLE, std::memory_order_relaxed);
    return true;
  }

 private:
  // The low bits say what goes on, the rest counts, so that what was seen of one call is never acted upon in the next.
  enum : uint64_t { IDLE = 0, ARMED = 1, FIRING = 2, FIRED = 3, PHASES = 3 };
  static uint64_t PhaseOf(uint64_t state) { return state & PHASES; }
  static uint64_t Next(uint64_t state) { return (state | PHASES) + 1; }

  void Watch() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!wake_.wait_for(lock, TICK, [this] { return stopping_; })) {
      uint64_t state = state_.load(std::memory_order_acquire);
      if (PhaseOf(state) != ARMED) continue;
      if (Clock::now().time_since_epoch().count() < deadline_.load(std::memory_order_relaxed)) continue;
      if (!state_.compare_exchange_strong(state, (state & ~PHASES) | FIRING)) continue;
      isolate_->TerminateExecution();
      state_.store((state & ~PHASES) | FIRED, std::memory_order_release);
    }
  }

  v8::Isolate* isolate_;
  std::atomic<uint64_t> state_{IDLE};
  std::atomic<int64_t> deadline_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

// run(function, argument, limitMs): the function's result. Throws what it throws, or an Error with code TIME_LIMIT.
static void Run(const v8::FunctionCallbackInfo<v8::Value>& args) {
  v8::Isolate* isolate = args.GetIsolate();
  if (args.Length() != 3 || !args[0]->IsFunction() || !args[2]->IsUint32() || args[2].As<v8::Uint32>()->Value() == 0)
    return ThrowTypeError(isolate, "timeLimit: a function, its argument and milliseconds are needed");
  auto* watchdog = static_cast<Watchdog*>(args.Data().As<v8::External>()->Value());
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Value> argument = args[1];
  v8::MaybeLocal<v8::Value> result;
  bool was_ended = false;
  {
    v8::TryCatch thrown(isolate);
    bool armed = watchdog->Arm(args[2].As<v8::Uint32>()->Value());
    result = args[0].As<v8::Function>()->Call(context, v8::Undefined(isolate), 1, &argument);
    was_ended = armed && watchdog->Disarm() && result.IsEmpty();
    if (result.IsEmpty() && !was_ended) {
      thrown.ReThrow();
      return;
    }
  }
  if (!was_ended) return args.GetReturnValue().Set(result.ToLocalChecked());
  auto text = [isolate](const char* value) { return v8::String::NewFromUtf8(isolate, value).ToLocalChecked(); };
  v8::Local<v8::Object> error = v8::Exception::Error(text("the call took longer than it may and was ended")).As<v8::Object>();
  error->Set(context, text("code"), text("TIME_LIMIT")).Check();
  isolate->ThrowException(error);
}

// createTimeLimit(): run - with a watchdog thread that ends with the environment.
static void CreateTimeLimit(const v8::FunctionCallbackInfo<v8::Value>& args) {
  v8::Isolate* isolate = args.GetIsolate();
  auto* watchdog = new Watchdog(isolate);
  auto run = v8::Function::New(isolate->GetCurrentContext(), Run, v8::External::New(isolate, watchdog)).ToLocalChecked();
  args.GetReturnValue().Set(run);
}

void AddTimeLimit(v8::Local<v8::Object> exports) { NODE_SET_METHOD(exports, "createTimeLimit", CreateTimeLimit); }

}  // namespace penstock
