// Makes the disk under the database fail while the file named by
// WPP_TEST_FAULT exists. It holds the error number and the calls that fail:
// "5 write sync" or "28 write". Loaded by LD_PRELOAD into the program under test.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

// broken says whether the call on the file fails now, and sets errno.
static int broken(int fd, const char *call) {
  char name[64], path[4096], order[64];
  const char *flag = getenv("WPP_TEST_FAULT");
  if (flag == NULL) return 0;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(name, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  if (strstr(path, "/wpp.db") == NULL) return 0;
  int in = open(flag, O_RDONLY | O_CLOEXEC);
  if (in < 0) return 0;
  n = read(in, order, sizeof order - 1);
  close(in);
  if (n <= 0) return 0;
  order[n] = 0;
  if (strstr(order, call) == NULL) return 0;
  errno = atoi(order);
  return 1;
}

#define FAILING(call, type, name, parameters, arguments)                  \
  type name parameters {                                                  \
    static type (*real) parameters;                                       \
    if (real == NULL) real = (type (*) parameters)dlsym(RTLD_NEXT, #name); \
    return broken(fd, call) ? -1 : real arguments;                        \
  }

FAILING("write", ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size))
FAILING("write", ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at))
FAILING("write", ssize_t, pwrite64, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
FAILING("sync", int, fsync, (int fd), (fd))
FAILING("sync", int, fdatasync, (int fd), (fd))
