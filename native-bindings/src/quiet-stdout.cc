// Keeps what a library prints out of standard output, where the access log goes: uWS prints a line for each server name it
// is given routes for, and has no setting for it.
#include "bindings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

namespace penstock {

// withoutStdout(run): void - calls `run` while standard output leads to /dev/null. What other threads write to it meanwhile
// is lost too, so this is for a moment when none does. An exception of `run` is passed on, after the output is back.
static void WithoutStdout(const v8::FunctionCallbackInfo<v8::Value>& args) {
  v8::Isolate* isolate = args.GetIsolate();
  if (args.Length() != 1 || !args[0]->IsFunction()) return ThrowTypeError(isolate, "withoutStdout: a function is needed");
  fflush(stdout);
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return ThrowErrno(isolate, errno, "open", "/dev/null");
  int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (kept < 0) {
    int error = errno;
    close(nowhere);
    return ThrowErrno(isolate, error, "dup");
  }
  dup2(nowhere, STDOUT_FILENO);
  close(nowhere);
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  // An empty result means that an exception is pending; V8 throws it when this function returns.
  (void)args[0].As<v8::Function>()->Call(context, v8::Undefined(isolate), 0, nullptr).IsEmpty();
  fflush(stdout);
  dup2(kept, STDOUT_FILENO);
  close(kept);
}

void AddQuietStdout(v8::Local<v8::Object> exports) { NODE_SET_METHOD(exports, "withoutStdout", WithoutStdout); }

}  // namespace penstock
