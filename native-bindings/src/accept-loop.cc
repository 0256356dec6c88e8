// Accepts connections of an inherited listening socket on this thread's event loop and hands each one's file descriptor to
// JavaScript.
//
//            start()                    accept4 fails for want of a resource
//   idle ------------> polling -----------------------------------------------> idle, then onError(errno)
//     ^                   |  readable: up to 64 x accept4 -> onConnection(fd)      (the TypeScript side starts it again)
//     +------ stop() -----+
//   close() from anywhere: the poll handle goes, the JS object forgets this one, and the memory is freed when libuv is done
//
// The listening socket itself stays open: it belongs to whoever opened it.
#include "bindings.h"

#include <errno.h>
#include <sys/socket.h>
#include <utility>
#include <uv.h>

namespace penstock {

using v8::Context;
using v8::Function;
using v8::FunctionCallbackInfo;
using v8::FunctionTemplate;
using v8::Global;
using v8::HandleScope;
using v8::Integer;
using v8::Isolate;
using v8::Local;
using v8::Object;
using v8::String;
using v8::Value;

// One event takes at most this many connections, so that a flood of new ones does not starve those already open.
static constexpr int kAcceptsPerEvent = 64;

// What accept4 says of one connection that died in the queue; the next one may be fine. accept(2), "Error handling".
static bool ConcernsOneConnection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

class AcceptLoop {
 public:
  // new AcceptLoop(fd, onConnection(fd), onError(errno)). Throws when the descriptor cannot be polled.
  static void New(const FunctionCallbackInfo<Value>& args);
  static void Start(const FunctionCallbackInfo<Value>& args);
  static void Stop(const FunctionCallbackInfo<Value>& args);
  static void Close(const FunctionCallbackInfo<Value>& args);

 private:
  AcceptLoop(Isolate* isolate, int fd) : isolate_(isolate), fd_(fd) { poll_.data = this; }

  // The loop behind a JS object; null once closed.
  static AcceptLoop* Of(const FunctionCallbackInfo<Value>& args) {
    return static_cast<AcceptLoop*>(args.This()->GetAlignedPointerFromInternalField(0));
  }

  static void OnPoll(uv_poll_t* handle, int status, int events);
  static void OnClosed(uv_handle_t* handle);
  static void OnEnvironmentExit(void* data, void (*done)(void*), void* done_data);
  void AcceptSome();
  void Pause(int error);
  void BeginClose();
  void Call(const Global<Function>& callback, int argument);

  Isolate* isolate_;
  int fd_;
  bool polling_ = false;
  bool closing_ = false;
  uv_poll_t poll_;
  Global<Context> context_;
  Global<Object> self_;
  Global<Function> on_connection_;
  Global<Function> on_error_;
  node::AsyncCleanupHookHandle cleanup_;
  // Set when the environment (the process's or a worker thread's) is going down and waits for this handle.
  void (*exit_done_)(void*) = nullptr;
  void* exit_done_data_ = nullptr;
};

void AcceptLoop::New(const FunctionCallbackInfo<Value>& args) {
  Isolate* isolate = args.GetIsolate();
  if (!args.IsConstructCall() || !args[0]->IsInt32() || !args[1]->IsFunction() || !args[2]->IsFunction()) {
    return ThrowTypeError(isolate, "expected new AcceptLoop(fd, onConnection, onError)");
  }
  auto* loop = new AcceptLoop(isolate, args[0].As<v8::Int32>()->Value());
  int status = uv_poll_init(node::GetCurrentEventLoop(isolate), &loop->poll_, loop->fd_);
  if (status != 0) {
    delete loop;
    return ThrowErrno(isolate, -status, "uv_poll_init");
  }
  loop->context_.Reset(isolate, isolate->GetCurrentContext());
  loop->self_.Reset(isolate, args.This());
  loop->on_connection_.Reset(isolate, args[1].As<Function>());
  loop->on_error_.Reset(isolate, args[2].As<Function>());
  loop->cleanup_ = node::AddEnvironmentCleanupHook(isolate, OnEnvironmentExit, loop);
  args.This()->SetAlignedPointerInInternalField(0, loop);
}

void AcceptLoop::Start(const FunctionCallbackInfo<Value>& args) {
  AcceptLoop* loop = Of(args);
  if (loop == nullptr || loop->polling_) return;
  int status = uv_poll_start(&loop->poll_, UV_READABLE, OnPoll);
  if (status != 0) return ThrowErrno(args.GetIsolate(), -status, "uv_poll_start");
  loop->polling_ = true;
}

void AcceptLoop::Stop(const FunctionCallbackInfo<Value>& args) {
  AcceptLoop* loop = Of(args);
  if (loop == nullptr || !loop->polling_) return;
  uv_poll_stop(&loop->poll_);
  loop->polling_ = false;
}

void AcceptLoop::Close(const FunctionCallbackInfo<Value>& args) {
  AcceptLoop* loop = Of(args);
  if (loop != nullptr) loop->BeginClose();
}

void AcceptLoop::BeginClose() {
  if (closing_) return;
  closing_ = true;
  polling_ = false;
  HandleScope scope(isolate_);
  self_.Get(isolate_)->SetAlignedPointerInInternalField(0, nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), OnClosed);
}

void AcceptLoop::OnClosed(uv_handle_t* handle) {
  auto* loop = static_cast<AcceptLoop*>(handle->data);
  // Dropping the handle would not take the hook off; this does, and is a no-op when the hook is what brought us here.
  node::RemoveEnvironmentCleanupHook(std::move(loop->cleanup_));
  if (loop->exit_done_ != nullptr) loop->exit_done_(loop->exit_done_data_);
  delete loop;
}

void AcceptLoop::OnEnvironmentExit(void* data, void (*done)(void*), void* done_data) {
  auto* loop = static_cast<AcceptLoop*>(data);
  loop->exit_done_ = done;
  loop->exit_done_data_ = done_data;
  loop->BeginClose();
}

void AcceptLoop::OnPoll(uv_poll_t* handle, int status, int events) {
  auto* loop = static_cast<AcceptLoop*>(handle->data);
  HandleScope scope(loop->isolate_);
  Context::Scope context_scope(loop->context_.Get(loop->isolate_));
  if (status < 0) {
    loop->Pause(-status);
  } else {
    loop->AcceptSome();
  }
}

// Ends early when a callback stopped or closed the loop, or ended the thread. `this` outlives all of it: it is freed only
// when libuv reports the handle closed, never inside this function.
void AcceptLoop::AcceptSome() {
  for (int i = 0; i < kAcceptsPerEvent && polling_ && !isolate_->IsExecutionTerminating(); i++) {
    int connection = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
      HandleScope scope(isolate_);
      Call(on_connection_, connection);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (!ConcernsOneConnection(errno)) {
      return Pause(errno);
    }
  }
}

// Out of descriptors or memory: the connection stays in the queue and the socket stays readable, so polling on would spin.
void AcceptLoop::Pause(int error) {
  uv_poll_stop(&poll_);
  polling_ = false;
  Call(on_error_, error);
}

// A throw in the callback becomes an uncaught exception of the process, as from any event handler: nothing is swallowed.
void AcceptLoop::Call(const Global<Function>& callback, int argument) {
  Local<Value> arguments[] = {Integer::New(isolate_, argument)};
  node::MakeCallback(isolate_, self_.Get(isolate_), callback.Get(isolate_), 1, arguments, {0, 0}).IsEmpty();
}

void AddAcceptLoop(Local<Object> exports, Local<Context> context) {
  Isolate* isolate = Isolate::GetCurrent();
  Local<FunctionTemplate> type = FunctionTemplate::New(isolate, AcceptLoop::New);
  Local<String> name = String::NewFromUtf8Literal(isolate, "AcceptLoop");
  type->SetClassName(name);
  type->InstanceTemplate()->SetInternalFieldCount(1);
  NODE_SET_PROTOTYPE_METHOD(type, "start", AcceptLoop::Start);
  NODE_SET_PROTOTYPE_METHOD(type, "stop", AcceptLoop::Stop);
  NODE_SET_PROTOTYPE_METHOD(type, "close", AcceptLoop::Close);
  exports->Set(context, name, type->GetFunction(context).ToLocalChecked()).Check();
}

}  // namespace penstock
