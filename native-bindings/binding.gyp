{
  "targets": [
    {
      "target_name": "penstock",
      "sources": ["src/module.cc", "src/shared-memory.cc", "src/listening-socket.cc", "src/accept-loop.cc", "src/connection-key.cc", "src/quiet-stdout.cc", "src/time-limit.cc"],
      "cflags_cc": ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-cast-function-type", "-fvisibility=hidden"]
    },
    {
      "target_name": "glibc_compat",
      "sources": ["src/glibc-compat.c"],
      "cflags_c": ["-std=c99", "-Wall", "-Wextra"]
    }
  ]
}
