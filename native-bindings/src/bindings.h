// What the parts of the addon share: one function per part that adds its functions to `exports`, and how errors are thrown.
//
// The addon uses V8's own interface, not Node-API: a SharedArrayBuffer over memory that V8 did not allocate cannot be made
// with Node-API in Node 20. Everything here is context-aware: no mutable globals, so worker threads may load it too.
#pragma once

#include <node.h>

namespace penstock {

void AddSharedMemory(v8::Local<v8::Object> exports);
void AddListeningSockets(v8::Local<v8::Object> exports);
void AddConnectionKey(v8::Local<v8::Object> exports);
void AddQuietStdout(v8::Local<v8::Object> exports);
void AddTimeLimit(v8::Local<v8::Object> exports);
void AddAcceptLoop(v8::Local<v8::Object> exports, v8::Local<v8::Context> context);

/// Throws a JS Error with `.code` (such as EADDRINUSE), `.errno`, `.syscall` and, where given, `.path`.
inline void ThrowErrno(v8::Isolate* isolate, int error, const char* syscall, const char* path = nullptr) {
  isolate->ThrowException(node::ErrnoException(isolate, error, syscall, nullptr, path));
}

inline void ThrowTypeError(v8::Isolate* isolate, const char* message) {
  isolate->ThrowException(v8::Exception::TypeError(v8::String::NewFromUtf8(isolate, message).ToLocalChecked()));
}

inline void ThrowRangeError(v8::Isolate* isolate, const char* message) {
  isolate->ThrowException(v8::Exception::RangeError(v8::String::NewFromUtf8(isolate, message).ToLocalChecked()));
}

}  // namespace penstock
