// Tells uWS connections apart. uWS.js makes a new response object for every request and asks the kernel for the peer's
// address each time; the pointer to the socket, which those objects carry in their first internal field, is the same for all
// requests of a connection, so that the address can be asked for once.
#include "bindings.h"

#include <cstdint>

namespace penstock {

// connectionKey(res): number - 0 when the object carries no pointer (any more).
static void ConnectionKey(const v8::FunctionCallbackInfo<v8::Value>& args) {
  uintptr_t key = 0;
  if (args.Length() == 1 && args[0]->IsObject()) {
    auto object = args[0].As<v8::Object>();
    if (object->InternalFieldCount() > 0) {
      key = reinterpret_cast<uintptr_t>(object->GetAlignedPointerFromInternalField(0));
    }
  }
  // Exact: user-space pointers have 47 bits.
  args.GetReturnValue().Set(static_cast<double>(key));
}

void AddConnectionKey(v8::Local<v8::Object> exports) { NODE_SET_METHOD(exports, "connectionKey", ConnectionKey); }

}  // namespace penstock
