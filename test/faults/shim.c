/*
 * LD_PRELOAD: stands between SQLite and the disk for files whose path has `nexus.db` in it. Counts, logs and fails calls
 * as the control file says, which the test writes while the program runs (it is mapped, so no call is lost).
 *
 *   NEXUS_FAULTS  control file, seven int32: kinds, errno, from, until, calls so far, failed so far, files
 *   NEXUS_TRACE   file to which each call is appended: pid kind path offset length
 *
 * A call fails when it is of one of the `kinds`, of a file that `files` names, and the from-th to until-th of those.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { SYNC = 1, WRITE = 2, TRUNCATE = 4, OPEN = 8 };
enum { ALL_FILES = 0, LOG_ONLY = 1, DATABASE_ONLY = 2 };

struct control {
  _Atomic int32_t kinds, error, from, until, calls, failed, files;
};

static struct control *control;
static int trace = -1;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("NEXUS_FAULTS");
  if (path != NULL) {
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) control = mapped;
  }
  path = getenv("NEXUS_TRACE");
  if (path != NULL) trace = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* Whether the call is to fail, with errno set. `path` is the file's. */
static int fails(int kind, const char *path, long long offset, long long length) {
  static const char *names[] = {[SYNC] = "sync", [WRITE] = "write", [TRUNCATE] = "truncate", [OPEN] = "open"};
  const char *name = strstr(path, "nexus.db");
  if (name == NULL) return 0;
  int failed = 0;
  if (control != NULL && (control->kinds & kind) != 0) {
    int is_log = strstr(name, "-wal") != NULL, is_index = strstr(name, "-shm") != NULL;
    int files = control->files;
    if (!is_index && (files == ALL_FILES || (files == LOG_ONLY ? is_log : !is_log))) {
      int32_t call = ++control->calls;
      failed = control->from > 0 && call >= control->from && call <= control->until;
      if (failed) ++control->failed;
    }
  }
  if (trace >= 0) {
    char line[512];
    int size = snprintf(line, sizeof line, "%d %s %s %lld %lld%s\n", getpid(), names[kind], name, offset, length, failed ? " failed" : "");
    syscall(SYS_write, trace, line, size);
  }
  if (failed) errno = control->error;
  return failed;
}

static int fails_fd(int kind, int fd, long long offset, long long length) {
  char link[64], path[1024];
  if ((control == NULL && trace < 0) || fd < 3) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  return fails(kind, path, offset, length);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define PASS(kind, name, fd, offset, length, ...)            \
  static __typeof__(&name) real;                             \
  if (real == NULL) real = REAL(name);                       \
  if (fails_fd(kind, fd, (offset), (length))) return -1;     \
  return real(__VA_ARGS__)

int fdatasync(int fd) { PASS(SYNC, fdatasync, fd, 0, 0, fd); }
int fsync(int fd) { PASS(SYNC, fsync, fd, 0, 0, fd); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { PASS(WRITE, pwrite64, fd, at, size, fd, data, size, at); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { PASS(WRITE, pwrite, fd, at, size, fd, data, size, at); }
ssize_t write(int fd, const void *data, size_t size) { PASS(WRITE, write, fd, -1, size, fd, data, size); }
int ftruncate(int fd, off_t size) { PASS(TRUNCATE, ftruncate, fd, size, 0, fd, size); }
int ftruncate64(int fd, off64_t size) { PASS(TRUNCATE, ftruncate64, fd, size, 0, fd, size); }

static mode_t mode_of(int flags, va_list rest) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; }

#define OPENS(name)                                          \
  int name(const char *path, int flags, ...) {               \
    static int (*real)(const char *, int, ...);              \
    if (real == NULL) real = (__typeof__(real))dlsym(RTLD_NEXT, #name); \
    va_list rest;                                            \
    va_start(rest, flags);                                   \
    mode_t mode = mode_of(flags, rest);                      \
    va_end(rest);                                            \
    if (fails(OPEN, path, flags, 0)) return -1; \
    return real(path, flags, mode);                          \
  }
OPENS(open)
OPENS(open64)
