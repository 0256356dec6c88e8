/*
 * Three functions of glibc 2.38 for older ones: loaded globally before the uWS binary, whose C23 compiler made its calls of
 * strtol, strtoul and sscanf into these names. They differ from the old ones only in also reading binary literals
 * ("0b101") when asked to guess the base.
 *
 * Built as C99: with a newer standard, headers of glibc 2.38 would turn the calls below into calls of these very functions.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <node_api.h>

long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }

unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }

int __isoc23_sscanf(const char *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int count = vsscanf(text, format, arguments);
  va_end(arguments);
  return count;
}

/* Only what process.dlopen asks of a file: a module without exports. */
NAPI_MODULE_INIT() {
  (void)env;
  return exports;
}
