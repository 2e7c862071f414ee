/*
 * wait-status GATE FILE COMMAND [ARGUMENT...]: waits for as long as there is a file GATE, runs COMMAND (a path), hands
 * on the signals that it gets, and writes to FILE how COMMAND ended: its wait status as wait(2) gives it, microseconds
 * of user and system time, and the largest resident set in KiB. Ends as a shell would: with the exit code, or with
 * 128 + the signal; also when a signal comes while it waits.
 *
 * Why: between a payload and its pilot stand a shell and apptainer, and both make one number of "returned 137" and
 * "was killed by signal 9". The parent of a process alone can tell them apart, and it must run in any image: hence no
 * libc, and nothing but a dozen system calls. Without arguments it ends with 0, which shows that it can run here. COMMAND
 * inherits no file but the first three, and no key.
 *
 * wait-status --apart NEED MARKER GATE FILE COMMAND...: first enters a user namespace of its own, and makes the file MARKER.
 * If it can have no such namespace, it goes on without one, but not if NEED is 1: then it says so and ends with 125. If
 * NEED is 2, it is in one already, and only makes the file. Why:
 * apptainer's own processes have the user namespace of the container, and whoever shares that may look through their eyes
 * at all files of the pilot (/proc/PID/root), wherever they are to be seen in /proc.
 */
#include "system-calls.h"

#if defined(__x86_64__)
enum { KEYCTL = 250 };
#else
enum { KEYCTL = 219 };
#endif
enum { CLOSE_RANGE = 436, JOIN_SESSION_KEYRING = 1, MOST_FILES = 1024 };
enum { SIGTTOU = 22, SIGURG = 23, SIGWINCH = 28 };
enum { NEW_USER = 0x10000000, UNABLE = 125 };

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

/*
 * The pilot opens the gate by removing the file: what the command may take is bounded before its first instruction. SIGURG, which
 * nobody else needs, wakes who waits.
 */
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

/*
 * Whoever started the pilot may have left it files, and keys such as a Kerberos ticket in the keyring of its session. The payload gets
 * neither: it has stdin, stdout and stderr, and a keyring of its own, in which no other payload finds what it leaves. (Before Linux
 * 5.9, files with high numbers stay. Where keyrings are forbidden, so is reading them.)
 */
static void drop_what_was_inherited(void) {
  if (call(CLOSE_RANGE, 3, ~0U, 0, 0) != 0)
    for (word file = 3; file < MOST_FILES; file++) call(CLOSE, file, 0, 0, 0);
  call(KEYCTL, JOIN_SESSION_KEYRING, 0, 0, 0);
}

static void apart(char need, const char *marker) {
  static const char problem[] = "FATAL: the payload cannot have a user namespace of its own\n";
  if (need != '2' && call(UNSHARE, NEW_USER, 0, 0, 0) != 0 && need == '1') {
    call(WRITE, 2, (word)problem, sizeof problem - 1, 0);
    leave(UNABLE);
  }
  long file = call(OPENAT, (word)HERE, (word)marker, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (file >= 0) call(CLOSE, file, 0, 0, 0);
}

__attribute__((noreturn, used)) void run(word *stack) {
  word count = stack[0];
  char **arguments = (char **)(stack + 1), **environment = arguments + count + 1;
  word all = ~0UL, before = 0;
  struct usage used;
  int status = 0;
  if (count < 4) leave(0);
  drop_what_was_inherited();
  if (count > 6 && arguments[1][0] == '-') {
    apart(arguments[2][0], arguments[3]);
    arguments += 3;
  }
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
