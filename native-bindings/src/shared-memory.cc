// Memory that several processes see at once: a memfd of fixed size, and windows over it as SharedArrayBuffers.
//
//   supervisor                         acceptor (memfd inherited as a file descriptor)
//   createMemory(size) -> fd           |
//   mapMemory(fd, 0, n, true) -> SAB   mapMemory(4, 0, n, false) -> SAB
//          |                                |
//          +------- the same pages --------+
#include "bindings.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace penstock {

using v8::BackingStore;
using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Local;
using v8::SharedArrayBuffer;
using v8::Value;

// Sizes and offsets arrive as JS numbers: exact integers up to 2^53, which is more memory than there is.
static bool ToSize(Local<Value> value, size_t* out) {
  if (!value->IsNumber()) return false;
  double number = value.As<v8::Number>()->Value();
  if (!(number >= 0 && number <= 9007199254740991.0) || number != static_cast<double>(static_cast<size_t>(number))) {
    return false;
  }
  *out = static_cast<size_t>(number);
  return true;
}

// createMemory(bytes): fd - close-on-exec (child_process clears that on the copy it hands to a child), zero-filled, and
// sealed: no process can change the size, so that a mapped page can never turn into a SIGBUS for the others.
static void CreateMemory(const FunctionCallbackInfo<Value>& args) {
  Isolate* isolate = args.GetIsolate();
  size_t bytes;
  if (!ToSize(args[0], &bytes) || bytes == 0) {
    return ThrowRangeError(isolate, "createMemory: the size must be a positive integer of bytes");
  }
  int fd = memfd_create("penstock", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return ThrowErrno(isolate, errno, "memfd_create");
  if (ftruncate(fd, static_cast<off_t>(bytes)) != 0 ||
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    int error = errno;
    close(fd);
    return ThrowErrno(isolate, error, "ftruncate");
  }
  args.GetReturnValue().Set(fd);
}

static void Unmap(void* data, size_t length, void*) { munmap(data, length); }

// mapMemory(fd, offset, bytes, writable): SharedArrayBuffer - a window that starts on a page and lies wholly inside the
// memory. A write to a window mapped without `writable` ends the process (SIGSEGV): the pages are PROT_READ. Unmapped when
// the last SharedArrayBuffer over it, in whichever thread, is collected.
static void MapMemory(const FunctionCallbackInfo<Value>& args) {
  Isolate* isolate = args.GetIsolate();
  size_t offset, bytes;
  if (!args[0]->IsInt32() || !ToSize(args[1], &offset) || !ToSize(args[2], &bytes) || bytes == 0) {
    return ThrowTypeError(isolate, "mapMemory: expected (fd, offset, bytes, writable)");
  }
  int fd = args[0].As<v8::Int32>()->Value();
  struct stat facts;
  if (fstat(fd, &facts) != 0) return ThrowErrno(isolate, errno, "fstat");
  size_t total = static_cast<size_t>(facts.st_size);
  if (offset > total || bytes > total - offset) {
    return ThrowRangeError(isolate, "mapMemory: the window reaches past the end of the memory");
  }
  int protection = args[3]->IsTrue() ? PROT_READ | PROT_WRITE : PROT_READ;
  void* data = mmap(nullptr, bytes, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (data == MAP_FAILED) return ThrowErrno(isolate, errno, "mmap");
  std::unique_ptr<BackingStore> store = SharedArrayBuffer::NewBackingStore(data, bytes, Unmap, nullptr);
  args.GetReturnValue().Set(SharedArrayBuffer::New(isolate, std::move(store)));
}

void AddSharedMemory(Local<v8::Object> exports) {
  NODE_SET_METHOD(exports, "createMemory", CreateMemory);
  NODE_SET_METHOD(exports, "mapMemory", MapMemory);
}

}  // namespace penstock
