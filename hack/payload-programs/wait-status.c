/*
 * wait-status GATE FILE COMMAND [ARGUMENT...]: waits for as long as there is a file GATE, runs COMMAND (a path), hands
 * on the signals that it gets, and writes to FILE how COMMAND ended: its wait status as wait(2) gives it, microseconds
 * of user and system time, and the largest resident set in KiB. Ends as a shell would: with the exit code, or with
 * 128 + the signal; also when a signal comes while it waits.
 *
 * Why: between a payload and its pilot stand a shell and apptainer, and both make one number of "returned 137" and
 * "was killed by signal 9". The parent of a process alone can tell them apart, and it must run in any image: hence no
 * libc, and nothing but a dozen system calls. Without arguments it ends with 0, which shows that it can run here.
 *
 * wait-status --bound PID PROCESSES FILES USER MOUNT OPTIONS DIRECTORY...: limits the process PID, and what it starts, to
 * so many processes and threads of its user (0: any number) and to so many open files each, and turns core files off as
 * long as it does not ask for them. Then it enters the namespaces that the files USER and MOUNT stand for and gives the
 * file systems in memory at DIRECTORY... the mount options OPTIONS, such as "size=1048576". Apptainer mounts them without
 * a bound. Ends with the number of limits and directories that could not be changed.
 */
#include "system-calls.h"

enum { NOSUID = 2, NODEV = 4, REMOUNT = 32 };
enum { SIGTTOU = 22, SIGURG = 23, SIGWINCH = 28 };
enum { CORE = 4, PROCESSES = 6, FILES = 7 };

/* struct rusage: the first six of its eighteen words are all that is used. */
struct usage {
  long user_seconds, user_microseconds, system_seconds, system_microseconds, largest_resident_kib, rest[13];
};

/* Whatever the command has put in the place of the file must neither lead nor hold this process. */
static void record(const char *path, int status, const struct usage *used) {
  char text[96], *end = text;
  end = number(end, (word)status);
  end = number(end, used->user_seconds * 1000000 + used->user_microseconds);
  end = number(end, used->system_seconds * 1000000 + used->system_microseconds);
  end = number(end, used->largest_resident_kib);
  long file = call(OPENAT, (word)HERE, (word)path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (file >= 0) call(WRITE, file, (word)text, end - text, 0);
}

static int enter(const char *path) {
  long file = call(OPENAT, (word)HERE, (word)path, 0, 0);
  return file >= 0 && call(SETNS, file, 0, 0, 0) == 0;
}

/* The pilot opens the gate by removing the file: what the command may take is bounded before its first instruction. */
static void pass(const char *gate, const word *signals) {
  long pause[2] = {0, 500000};
  for (;;) {
    long file = call(OPENAT, (word)HERE, (word)gate, O_NOFOLLOW | O_NONBLOCK, 0);
    if (file < 0) return;
    call(CLOSE, file, 0, 0, 0);
    if (pause[1] < 16000000) pause[1] *= 2;
    long signal = call(SIGTIMEDWAIT, (word)signals, 0, (word)pause, 8);
    if (signal > 0 && signal != SIGURG && signal != SIGWINCH && (signal < SIGCHLD || signal > SIGTTOU))
      leave(128 + signal);
  }
}

static word value(const char *digits) {
  word result = 0;
  while (*digits >= '0' && *digits <= '9') result = result * 10 + (*digits++ - '0');
  return result;
}

/* Lowers a limit; only a privileged process could raise one. With `now_only`, the process may raise it again. */
static int limit(word pid, word resource, word most, int now_only) {
  word limits[2];
  if (call(PRLIMIT, pid, resource, 0, (word)limits) != 0) return 1;
  if (limits[0] > most) limits[0] = most;
  if (!now_only && limits[1] > most) limits[1] = most;
  return call(PRLIMIT, pid, resource, (word)limits, 0) != 0;
}

/* 0 or the number of things that stay as they are. /dev holds devices, whatever is below it does not. */
static int bound(word count, char **arguments) {
  word pid = value(arguments[2]), processes = value(arguments[3]);
  int failed = limit(pid, CORE, 0, 1) + limit(pid, FILES, value(arguments[4]), 0);
  if (processes != 0) failed += limit(pid, PROCESSES, processes, 0);
  if (!enter(arguments[5]) || !enter(arguments[6])) return failed + count - 8;
  for (word at = 8; at < count; at += 1) {
    const char *path = arguments[at];
    word flags = REMOUNT | NOSUID | (path[0] == '/' && path[1] == 'd' && path[4] == 0 ? 0 : NODEV);
    if (call5(MOUNT, 0, (word)path, (word) "tmpfs", flags, (word)arguments[7]) != 0) failed += 1;
  }
  return failed;
}

__attribute__((noreturn, used)) void run(word *stack) {
  word count = stack[0];
  char **arguments = (char **)(stack + 1), **environment = arguments + count + 1;
  word all = ~0UL, before = 0;
  struct usage used;
  int status = 0;
  if (count < 4) leave(0);
  if (count > 8 && arguments[1][0] == '-') leave(bound(count, arguments));
  call(SIGPROCMASK, BLOCK, (word)&all, (word)&before, 8);
  pass(arguments[1], &all);
  long child = call(CLONE, SIGCHLD, 0, 0, 0);
  if (child <= 0) {
    /* The child; or no process can be made, and this one becomes the command, unobserved. */
    call(SIGPROCMASK, SETMASK, (word)&before, 0, 8);
    call(EXECVE, (word)arguments[3], (word)(arguments + 3), (word)environment, 0);
    leave(127);
  }
  for (;;) {
    long signal = call(SIGTIMEDWAIT, (word)&all, 0, 0, 8);
    if (signal == SIGCHLD && call(WAIT4, child, (word)&status, NOHANG, (word)&used) == child) break;
    if (signal > 0 && signal != SIGCHLD) call(KILL, child, signal, 0, 0);
  }
  record(arguments[2], status, &used);
  leave((status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff);
}
