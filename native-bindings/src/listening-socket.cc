// Listening sockets as plain file descriptors, owned by the supervisor and inherited by acceptors. Because the supervisor
// keeps its copy open, connections that arrive while an acceptor is dead wait in the kernel's queue instead of being refused.
//
// Every socket is close-on-exec (child_process clears that on the copies it hands out) and non-blocking.
#include "bindings.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace penstock {

using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Local;
using v8::Value;

// Capped by the kernel at net.core.somaxconn, which is 4096 since Linux 5.4.
static constexpr int kBacklog = 4096;

// uWS reads a socket again and again in one turn of the loop while every read fills its buffer of 512 KiB, also after
// `pause()`: a client on a fast line was seen to put 600 MiB into an acceptor before it could stop it. What the kernel may
// hold for one connection (it doubles the number) therefore stays below that buffer, and one turn takes one read.
static constexpr int kReceiveBufferBytes = 192 * 1024;

// A socket is writable again when less than this is still unsent, rather than when a third of a send buffer of megabytes has
// drained: a client that reads slowly but steadily then shows progress, and is not taken for one that has stopped.
static constexpr int kUnsentLowWaterBytes = 128 * 1024;

static bool SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// Closes `fd` and throws the error that the last call left behind.
static void FailAndClose(Isolate* isolate, int fd, const char* syscall, const char* path = nullptr) {
  int error = errno;
  close(fd);
  ThrowErrno(isolate, error, syscall, path);
}

// Which addresses an IPv6 socket takes is decided here, not by the machine's net.ipv6.bindv6only: `::` takes IPv4 as well,
// any other IPv6 address takes what was written and nothing else.
static bool SetDualStack(int fd, const sockaddr* address) {
  if (address->sa_family != AF_INET6) return true;
  bool any = IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
  return SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, any ? 0 : 1);
}

// SO_REUSEPORT lets any process of the same user join a port without a word, also by mistake: a second gateway would take
// half of the first one's connections. So the first socket of a port is bound and listens without the option, which
// fails when anybody has the port, and is opened to sharing afterwards; the others join it.
//
// TCP_NODELAY and the like are inherited by accepted connections on Linux: set once here, not once a connection.
static const char* BindAndListen(int fd, const addrinfo* target, bool join) {
  if (!SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return "setsockopt";
  if (!SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1)) return "setsockopt";
  if (!SetOption(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes)) return "setsockopt";
  if (!SetOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentLowWaterBytes)) return "setsockopt";
  if (!SetDualStack(fd, target->ai_addr)) return "setsockopt";
  if (join && !SetOption(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return "setsockopt";
  if (bind(fd, target->ai_addr, target->ai_addrlen) != 0) return "bind";
  if (listen(fd, kBacklog) != 0) return "listen";
  if (!join && !SetOption(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return "setsockopt";
  return nullptr;
}

// listenTcp(host, port, join): fd - `host` is a numeric IPv4 or IPv6 address, never a name: names would have to wait for DNS.
// `join` false claims the port (EADDRINUSE when anybody has it), true adds a socket to a port claimed before.
static void ListenTcp(const FunctionCallbackInfo<Value>& args) {
  Isolate* isolate = args.GetIsolate();
  if (!args[0]->IsString() || !args[1]->IsUint32() || args[1].As<v8::Uint32>()->Value() > 65535) {
    return ThrowTypeError(isolate, "listenTcp: expected (host, port, join)");
  }
  v8::String::Utf8Value host(isolate, args[0]);
  std::string port = std::to_string(args[1].As<v8::Uint32>()->Value());
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* target = nullptr;
  if (host.length() == 0 || getaddrinfo(*host, port.c_str(), &hints, &target) != 0) {
    return ThrowErrno(isolate, EINVAL, "getaddrinfo");
  }
  int fd = socket(target->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const char* failed = fd < 0 ? "socket" : BindAndListen(fd, target, args[2]->IsTrue());
  int error = errno;
  freeaddrinfo(target);
  errno = error;
  if (fd < 0) return ThrowErrno(isolate, error, failed);
  if (failed != nullptr) return FailAndClose(isolate, fd, failed);
  args.GetReturnValue().Set(fd);
}

// Removes the file of a unix socket when it is certain that nobody listens on it: connecting is refused only then.
// False, with errno set, when the path has to be left alone.
static bool RemoveStaleSocket(const sockaddr_un& address) {
  struct stat facts;
  if (lstat(address.sun_path, &facts) != 0) return errno == ENOENT;
  errno = EADDRINUSE;
  if (!S_ISSOCK(facts.st_mode)) return false;
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  bool refused = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  close(probe);
  if (refused) return unlink(address.sun_path) == 0;
  errno = EADDRINUSE;
  return false;
}

// listenUnix(path, mode): fd - EADDRINUSE when somebody listens there or the path is no socket; a socket file that a dead
// process left behind is replaced. The mode is set before listen(), so that nobody gets in under the umask's mode.
static void ListenUnix(const FunctionCallbackInfo<Value>& args) {
  Isolate* isolate = args.GetIsolate();
  if (!args[0]->IsString() || !args[1]->IsUint32()) return ThrowTypeError(isolate, "listenUnix: expected (path, mode)");
  v8::String::Utf8Value path(isolate, args[0]);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  size_t length = static_cast<size_t>(path.length());
  if (length == 0 || length >= sizeof address.sun_path) return ThrowErrno(isolate, ENAMETOOLONG, "bind", *path);
  memcpy(address.sun_path, *path, length);

  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return ThrowErrno(isolate, errno, "socket", *path);
  const sockaddr* name = reinterpret_cast<const sockaddr*>(&address);
  bool bound = bind(fd, name, sizeof address) == 0 ||
               (errno == EADDRINUSE && RemoveStaleSocket(address) && bind(fd, name, sizeof address) == 0);
  if (!bound) return FailAndClose(isolate, fd, "bind", *path);
  if (chmod(address.sun_path, args[1].As<v8::Uint32>()->Value() & 0777) != 0) {
    return FailAndClose(isolate, fd, "chmod", *path);
  }
  if (listen(fd, kBacklog) != 0) return FailAndClose(isolate, fd, "listen", *path);
  args.GetReturnValue().Set(fd);
}

// boundPort(fd): number - the TCP port of a listening socket, which tells what port 0 became.
static void BoundPort(const FunctionCallbackInfo<Value>& args) {
  Isolate* isolate = args.GetIsolate();
  if (!args[0]->IsInt32()) return ThrowTypeError(isolate, "boundPort: expected (fd)");
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(args[0].As<v8::Int32>()->Value(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return ThrowErrno(isolate, errno, "getsockname");
  }
  in_port_t port = 0;
  if (address.ss_family == AF_INET) port = reinterpret_cast<sockaddr_in*>(&address)->sin_port;
  if (address.ss_family == AF_INET6) port = reinterpret_cast<sockaddr_in6*>(&address)->sin6_port;
  args.GetReturnValue().Set(static_cast<int>(ntohs(port)));
}

// closeFd(fd): for a listening socket that is no longer wanted, or a connection that is turned away before uWS has it.
static void CloseFd(const FunctionCallbackInfo<Value>& args) {
  Isolate* isolate = args.GetIsolate();
  if (!args[0]->IsInt32()) return ThrowTypeError(isolate, "closeFd: expected (fd)");
  if (close(args[0].As<v8::Int32>()->Value()) != 0 && errno != EINTR) ThrowErrno(isolate, errno, "close");
}

void AddListeningSockets(Local<v8::Object> exports) {
  NODE_SET_METHOD(exports, "listenTcp", ListenTcp);
  NODE_SET_METHOD(exports, "listenUnix", ListenUnix);
  NODE_SET_METHOD(exports, "boundPort", BoundPort);
  NODE_SET_METHOD(exports, "closeFd", CloseFd);
}

}  // namespace penstock
