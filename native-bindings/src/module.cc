// The addon's entry: gathers the parts, and answers which C library this process runs on.
#include "bindings.h"

#include <features.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

namespace penstock {

// glibcVersion(): string | null - such as "2.36"; null where the C library is not glibc.
static void GlibcVersion(const v8::FunctionCallbackInfo<v8::Value>& args) {
#ifdef __GLIBC__
  auto version = v8::String::NewFromUtf8(args.GetIsolate(), gnu_get_libc_version()).ToLocalChecked();
  args.GetReturnValue().Set(version);
#else
  args.GetReturnValue().SetNull();
#endif
}

}  // namespace penstock

NODE_MODULE_INIT(/* exports, module, context */) {
  penstock::AddSharedMemory(exports);
  penstock::AddListeningSockets(exports);
  penstock::AddConnectionKey(exports);
  penstock::AddQuietStdout(exports);
  penstock::AddTimeLimit(exports);
  penstock::AddAcceptLoop(exports, context);
  NODE_SET_METHOD(exports, "glibcVersion", penstock::GlibcVersion);
}
