/*
 * enter serve: puts payloads into a container that is set up already, each as one that shares nothing of it but the image.
 * Descriptors 3 and 4 are the user and the mount namespace of the container; `server.h` says what comes and goes by 0 and 1.
 * The files of a request are as the container sees them, and its words are
 *
 *     NICENESS PROCESSES FILES STEP... run COMMAND [ARGUMENT...]
 *
 * COMMAND is a path, and the payload may have so many PROCESSES (0: any number) and open FILES. STEPs prepare the payload's
 * own copy of the container's mounts:
 *
 *     umount TARGET
 *     mount SOURCE TARGET TYPE FLAGS DATA      as mount(2) takes them; "-" stands for nothing
 *
 * enter seal 0 0 STEP...: takes the steps in the container itself; its line is "failed …" alone, on descriptor 1.
 *
 * Why a program: an ordinary user has the capabilities for all this only between entering the container's user
 * namespace and the next exec, so no sequence of tools can do it; and in the image there may be none.
 *
 * Each payload has three processes. The outer one hands on signals; it ends as COMMAND ended: with its exit code, or with
 * 128 + the signal. The first of the new PID namespace takes the steps and reaps; when it ends, the kernel kills
 * everything in that namespace, and it dies with the outer one. COMMAND gets a user namespace of its own, in which its
 * user is mapped to himself, so that it has no rights over those two, over the mounts, or over other payloads.
 */
#include "server.h"

enum { USER = 3, MOUNTS = 4 };
enum { NEWNS = 0x20000, NEWIPC = 0x8000000, NEWUSER = 0x10000000, NEWPID = 0x20000000 };
enum { MS_REC = 0x4000, MS_SLAVE = 1 << 19, DETACH = 2 };
enum { CORE = 4, PROCESSES = 6, FILES = 7, STEPS = 4 };
enum { PR_CAPBSET_DROP = 24, PR_SET_NO_NEW_PRIVS = 38 };

static const word death = SIGKILL;

static word text_or_nothing(const char *text) { return is(text, "-") ? 0 : (word)text; }

/* Takes the steps. Returns the number of the word behind them. */
static word take_steps(word count) {
  word at = STEPS;
  while (at < count && !is(words[at], "run")) {
    if (is(words[at], "umount") && at + 1 < count) {
      must(call(UMOUNT2, (word)words[at + 1], DETACH, 0, 0), at);
      at += 2;
    } else if (is(words[at], "mount") && at + 5 < count) {
      must(call5(MOUNT, text_or_nothing(words[at + 1]), (word)words[at + 2], text_or_nothing(words[at + 3]),
                 value(words[at + 4]), text_or_nothing(words[at + 5])), at);
      at += 6;
    } else must(-22, at);
  }
  return at;
}

static long write_file(const char *path, const char *text, word length) {
  long file = call(OPENAT, (word)HERE, (word)path, O_WRONLY, 0);
  if (file < 0) return file;
  long written = call(WRITE, file, (word)text, length, 0);
  call(CLOSE, file, 0, 0, 0);
  return written;
}

/* Maps a user or a group to itself. */
static void map(const char *path, word id, word at) {
  char text[64], *end = number(number(number(text, id), id), 1);
  must(write_file(path, text, end - text), at);
}

/* As `wait-status --bound` does it. A limit of processes counts from here on: the user namespace must be the payload's. */
static void limit(word resource, word most, int now_only, word at) {
  word limits[2];
  must(call(PRLIMIT, 0, resource, 0, (word)limits), at);
  if (limits[0] > most) limits[0] = most;
  if (!now_only && limits[1] > most) limits[1] = most;
  must(call(PRLIMIT, 0, resource, (word)limits, 0), at);
}

/* The first process of the payload. Its session is its own: signals to its group must not meet those that watch over it. */
__attribute__((noreturn)) static void begin(word at, char **environment) {
  word user = call(GETUID, 0, 0, 0, 0), group = call(GETGID, 0, 0, 0, 0);
  call(SETSID, 0, 0, 0, 0);
  must(call(UNSHARE, NEWUSER, 0, 0, 0), at);
  must(write_file("/proc/self/setgroups", "deny", 4), at);
  map("/proc/self/gid_map", group, at);
  map("/proc/self/uid_map", user, at);
  /* As the first step of a payload in a fresh container does it: the usual umask, and who is to die first without memory. */
  call(UMASK, 022, 0, 0, 0);
  write_file("/proc/self/oom_score_adj", "800", 3);
  limit(CORE, 0, 1, 1);
  limit(FILES, value(words[3]), 0, 3);
  if (value(words[2]) != 0) limit(PROCESSES, value(words[2]), 0, 2);
  must(call(PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0), at);
  /* As apptainer does it: root keeps what it has in a namespace of its own, an ordinary user can never get anything. */
  for (word capability = 0; user != 0 && call(PRCTL, PR_CAPBSET_DROP, capability, 0, 0) == 0;) capability++;
  must(call(CHDIR, (word) "/srv", 0, 0, 0), at);
  call(SIGPROCMASK, SETMASK, (word)&before, 0, 8);
  must(call(EXECVE, (word)words[at + 1], (word)(words + at + 1), (word)environment, 0), at);
  leave(255);
}

__attribute__((noreturn)) static void leave_as(int status) {
  leave((status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff);
}

/*
 * The first process of the PID namespace. It stays in the session of the outer one: whoever finds nobody in that knows that the
 * payload is dead, because the kernel keeps this process until it has killed all others of its namespace.
 */
__attribute__((noreturn)) static void contain(word count, char **environment) {
  call(PRCTL, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
  must(call5(MOUNT, 0, (word) "/", 0, MS_REC | MS_SLAVE, 0), 1);
  word at = take_steps(count);
  long child = call(CLONE, SIGCHLD, 0, 0, 0);
  must(child, at);
  if (child == 0) begin(at, environment);
  call(CLOSE, failures, 0, 0, 0);
  leave_as(stay_until_end_of(child));
}

__attribute__((noreturn)) static void be_outer(word count, char **environment) {
  if (count <= STEPS) leave(255);
  call(SETPRIORITY, 0, 0, value(words[1]), 0);
  must(call(UNSHARE, NEWNS | NEWIPC | NEWPID, 0, 0, 0), 1);
  long child = call(CLONE, SIGCHLD, 0, 0, 0);
  must(child, 1);
  if (child == 0) contain(count, environment);
  call(CLOSE, failures, 0, 0, 0);
  leave_as(stay_until_end_of(child));
}

__attribute__((noreturn, used)) void run(word *stack) {
  word count = stack[0];
  words = (char **)(stack + 1);
  if (count < 2) leave(0);
  call(SIGPROCMASK, BLOCK, (word)&all, (word)&before, 8);
  must(call(SETNS, USER, NEWUSER, 0, 0), 1);
  must(call(SETNS, MOUNTS, NEWNS, 0, 0), 1);
  if (is(words[1], "serve")) {
    call(CLOSE, USER, 0, 0, 0);
    call(CLOSE, MOUNTS, 0, 0, 0);
    serve();
  }
  leave(take_steps(count) == count ? 0 : 255);
}
