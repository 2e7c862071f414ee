/*
 * enter serve: puts payloads into a container that is set up already, each as one that shares nothing of it but the image.
 * Descriptors: 3 and 4 are the user and the mount namespace of the container; 0 brings requests, 1 takes lines about them.
 * A request is its length (4 bytes, as the machine writes numbers) and that many bytes, words that end with a zero:
 *
 *     start ID STDIN STDOUT STDERR COUNT NICENESS PROCESSES FILES STEP... run COMMAND [ARGUMENT...] "" [VARIABLE...]
 *     signal PID NUMBER
 *     finish
 *
 * STDIN, STDOUT and STDERR are files as the container sees them, COUNT is the number of words from NICENESS to the last
 * ARGUMENT, COMMAND is a path, and the payload may have so many PROCESSES (0: any number) and open FILES. STEPs prepare the
 * payload's own copy of the container's mounts:
 *
 *     umount TARGET
 *     mount SOURCE TARGET TYPE FLAGS DATA      as mount(2) takes them; "-" stands for nothing
 *
 * Lines: "started ID PID", "failed PID WORD ERROR" (COMMAND cannot be run; the number of the word that failed, counted from
 * COUNT on, and the error of the system), "ended PID STATUS" (as wait(2) gives it). After `finish` the program ends with the
 * last payload, without requests at once, and all payloads with it.
 *
 * enter seal 0 0 STEP...: takes the steps in the container itself; its line is "failed …" alone, on descriptor 1.
 *
 * Why a program: an ordinary user has the capabilities for all this only between entering the container's user
 * namespace and the next exec, so no sequence of tools can do it; and in the image there may be none. Why one that stays:
 * a pilot has so much memory that making a process of it takes longer than all that happens here.
 *
 * Each payload has three processes. The outer one hands on signals; it ends as COMMAND ended: with its exit code, or with
 * 128 + the signal. The first of the new PID namespace takes the steps and reaps; when it ends, the kernel kills
 * everything in that namespace, and it dies with the outer one. COMMAND gets a user namespace of its own, in which its
 * user is mapped to himself, so that it has no rights over those two, over the mounts, or over other payloads.
 */
#include "system-calls.h"

enum { REQUESTS = 0, LINES = 1, USER = 3, MOUNTS = 4, FREE = 10 };
enum { NEWNS = 0x20000, NEWIPC = 0x8000000, NEWUSER = 0x10000000, NEWPID = 0x20000000 };
enum { MS_REC = 0x4000, MS_SLAVE = 1 << 19, DETACH = 2 };
enum { CORE = 4, PROCESSES = 6, FILES = 7, STEPS = 4 };
enum { PR_SET_PDEATHSIG = 1, PR_CAPBSET_DROP = 24, PR_SET_NO_NEW_PRIVS = 38, SIGKILL = 9 };
enum { DUPFD_CLOEXEC = 1030, O_APPEND = 02000, O_CLOEXEC = 02000000, POLLIN = 1 };
enum { LONGEST = 1 << 20, MOST_WORDS = 1 << 15, MOST_PAYLOADS = 4096 };

static char **words;
static word server, outer, failures = LINES, children, all = ~0UL, before;

/* A request, its words, and the outer processes of payloads. */
static char request[LONGEST + 1], *parts[MOST_WORDS + 2];
static long payloads[MOST_PAYLOADS];
static word count_of_payloads;

static char *put(char *at, const char *text) {
  while (*text != 0) *at++ = *text++;
  *at++ = ' ';
  return at;
}

static void say(word to, const char *text, char *end) {
  end[-1] = '\n';
  call(WRITE, to, (word)text, end - text, 0);
}

static void must(long result, word at) {
  char text[96];
  if (result >= 0) return;
  say(failures, text, number(number(number(put(text, "failed"), outer), at), (word)-result));
  leave(255);
}

static int is(const char *one, const char *other) {
  while (*one != 0 && *one == *other) one++, other++;
  return *one == *other;
}

static word value(const char *text) {
  word result = 0;
  while (*text >= '0' && *text <= '9') result = result * 10 + (*text++ - '0');
  return result;
}

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

/* Hands on signals to a child until it has ended, and reaps whatever else ends. */
__attribute__((noreturn)) static void stay_until_end_of(long child) {
  int status = 0;
  for (;;) {
    long signal = call(SIGTIMEDWAIT, (word)&all, 0, 0, 8);
    if (signal > 0 && signal != SIGCHLD) call(KILL, child, signal, 0, 0);
    for (long ended = 1; signal == SIGCHLD && ended > 0;) {
      ended = call(WAIT4, (word)-1, (word)&status, NOHANG, 0);
      if (ended == child) leave((status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff);
    }
  }
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
  stay_until_end_of(child);
}

/* The outer process. Files that are opened get the lowest numbers that are free: 0, 1 and 2. */
__attribute__((noreturn)) static void become_outer(char **streams, word count, char **environment) {
  enum { SAFELY = O_NOFOLLOW | O_NONBLOCK };
  call(PRCTL, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
  if ((word)call(GETPPID, 0, 0, 0, 0) != server) leave(255);
  call(SETSID, 0, 0, 0, 0);
  outer = call(GETPID, 0, 0, 0, 0);
  for (word file = 0; file < 3; file++) call(CLOSE, file, 0, 0, 0);
  call(CLOSE, children, 0, 0, 0);
  must(call(OPENAT, (word)HERE, (word)streams[0], SAFELY, 0), 1);
  must(call(OPENAT, (word)HERE, (word)streams[1], SAFELY | O_WRONLY | O_APPEND, 0), 1);
  must(call(OPENAT, (word)HERE, (word)streams[2], SAFELY | O_WRONLY | O_APPEND, 0), 1);
  call(SETPRIORITY, 0, 0, value(words[1]), 0);
  must(call(UNSHARE, NEWNS | NEWIPC | NEWPID, 0, 0, 0), 1);
  long child = call(CLONE, SIGCHLD, 0, 0, 0);
  must(child, 1);
  if (child == 0) contain(count, environment);
  call(CLOSE, failures, 0, 0, 0);
  stay_until_end_of(child);
}

static void start(word total) {
  char text[160];
  word count = total > 6 ? value(parts[5]) + 1 : 0;
  if (count <= STEPS || 5 + count >= total) leave(255);
  /* The empty word behind the arguments ends them; the last one ends the environment. */
  words = parts + 5;
  words[count] = 0;
  long child = count_of_payloads < MOST_PAYLOADS ? call(CLONE, SIGCHLD, 0, 0, 0) : -11;
  if (child == 0) become_outer(parts + 2, count, words + count + 1);
  if (child > 0) payloads[count_of_payloads++] = child;
  say(LINES, text, number(put(put(text, "started"), parts[1]), child > 0 ? (word)child : 0));
}

/* The number may belong to another process as soon as its payload was reaped. */
static void hand_on_signal(word total) {
  for (word at = 0; total > 2 && at < count_of_payloads; at++)
    if (payloads[at] == (long)value(parts[1])) call(KILL, payloads[at], value(parts[2]), 0, 0);
}

static void reap(void) {
  char text[96];
  int status = 0;
  for (long ended; (ended = call(WAIT4, (word)-1, (word)&status, NOHANG, 0)) > 0;) {
    for (word at = 0; at < count_of_payloads; at++)
      if (payloads[at] == ended) payloads[at] = payloads[--count_of_payloads];
    say(LINES, text, number(number(put(text, "ended"), (word)ended), (word)status));
  }
}

/* Whoever sends requests is gone, or sends nonsense: then this ends, and all payloads with it. */
static void read_all(char *to, word length) {
  while (length > 0) {
    long got = call(READ, REQUESTS, (word)to, length, 0);
    if (got <= 0) leave(0);
    to += got;
    length -= got;
  }
}

/* Returns the number of words. */
static word read_request(void) {
  unsigned length;
  word total = 0;
  read_all((char *)&length, sizeof length);
  if (length == 0 || length > LONGEST) leave(255);
  read_all(request, length);
  request[length] = 0;
  for (char *at = request; at < request + length; at++) {
    if (total == MOST_WORDS) leave(255);
    parts[total++] = at;
    while (*at != 0) at++;
  }
  parts[total] = 0;
  return total;
}

__attribute__((noreturn)) static void serve(void) {
  word ended = 1UL << (SIGCHLD - 1);
  char signal[128];
  int finishing = 0;
  server = call(GETPID, 0, 0, 0, 0);
  failures = call(FCNTL, LINES, DUPFD_CLOEXEC, FREE, 0);
  children = call(SIGNALFD4, (word)-1, (word)&ended, 8, O_CLOEXEC | O_NONBLOCK);
  struct { int file; short events, happened; } polled[2] = {{REQUESTS, POLLIN, 0}, {(int)children, POLLIN, 0}};
  call(CLOSE, USER, 0, 0, 0);
  call(CLOSE, MOUNTS, 0, 0, 0);
  while (!finishing || count_of_payloads > 0) {
    call5(PPOLL, (word)polled, 2, 0, 0, 0);
    if (polled[1].happened != 0) {
      call(READ, children, (word)signal, sizeof signal, 0);
      reap();
    }
    if (polled[0].happened == 0) continue;
    word total = read_request();
    if (is(parts[0], "start")) start(total);
    else if (is(parts[0], "signal")) hand_on_signal(total);
    else finishing = 1;
  }
  leave(0);
}

__attribute__((noreturn, used)) void run(word *stack) {
  word count = stack[0];
  words = (char **)(stack + 1);
  if (count < 2) leave(0);
  call(SIGPROCMASK, BLOCK, (word)&all, (word)&before, 8);
  must(call(SETNS, USER, NEWUSER, 0, 0), 1);
  must(call(SETNS, MOUNTS, NEWNS, 0, 0), 1);
  if (is(words[1], "serve")) serve();
  leave(take_steps(count) == count ? 0 : 255);
}
