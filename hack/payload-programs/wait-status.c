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
 *
 * wait-status --bound PID PROCESSES FILES UIDS GIDS USER MOUNT OPTIONS DIRECTORY...: limits the process PID, and what it
 * starts, to so many processes and threads of its user (0: any number) and to so many open files each, and turns core
 * files off as long as it does not ask for them. Then it enters the user namespace that the file USER stands for and,
 * unless UIDS is empty, gives the namespace of PID, which --apart has made in that one, its users and groups, such as
 * "1000 1000 1" (see user_namespaces(7)). Ends with 100 if that cannot be done. Then it enters the mount namespace MOUNT
 * and gives the file systems in memory at DIRECTORY... the mount options OPTIONS, such as "size=1048576". Apptainer mounts
 * them without a bound. If the user is root, it also makes read-only what belongs to the machine. Ends with the number of
 * limits, directories and mounts that could not be changed.
 */
#include "system-calls.h"

#if defined(__x86_64__)
enum { KEYCTL = 250 };
#else
enum { KEYCTL = 219 };
#endif
enum { CLOSE_RANGE = 436, JOIN_SESSION_KEYRING = 1, MOST_FILES = 1024 };
enum { MOUNT_SETATTR = 442, READ_ONLY = 1, RECURSIVE = 0x8000, BIND = 4096, EINVAL = -22 };
enum { NOSUID = 2, NODEV = 4, REMOUNT = 32 };
enum { SIGTTOU = 22, SIGURG = 23, SIGWINCH = 28 };
enum { NEW_USER = 0x10000000, UNMAPPED = 100, UNABLE = 125 };
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

static word length(const char *text) {
  word count = 0;
  while (text[count] != 0) count += 1;
  return count;
}

/* Writes a file of a process, such as /proc/PID/uid_map. Returns whether that was possible. */
static int tell(const char *pid, const char *name, const char *text) {
  char path[64] = "/proc/", *end = path + 6;
  while (*pid != 0 && end < path + 32) *end++ = *pid++;
  for (*end++ = '/'; *name != 0; *end++ = *name++);
  *end = 0;
  long file = call(OPENAT, (word)HERE, (word)path, O_WRONLY, 0);
  return file >= 0 && call(WRITE, file, (word)text, length(text), 0) == (long)length(text);
}

/* The user keeps his number, and nobody can add groups. */
static int map(const char *pid, const char *users, const char *groups) {
  return tell(pid, "setgroups", "deny") && tell(pid, "uid_map", users) && tell(pid, "gid_map", groups);
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

/* Where nothing is mounted, nothing is to be changed. */
static int change_mount(const char *path, word how, word set, word clear) {
  word attributes[4] = {set, clear, 0, 0};
  long result = call5(MOUNT_SETATTR, (word)HERE, (word)path, how, (word)attributes, sizeof attributes);
  return result != 0 && result != EINVAL;
}

/*
 * Apptainer binds parts of the machine into each container. What is in them is root's, and root's payloads are root wherever only
 * the user counts: without this, one could have the kernel start its programs (/proc/sys/kernel/core_pattern), leave the
 * pilot's control group, write to /etc/hosts, or take /dev/null from everybody. Needs Linux 5.12.
 */
static int guard_machine(void) {
  static const char *const of_kernel[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/fs", "/proc/bus", 0};
  static const char *const bound[] = {"/sys", "/dev", "/etc/hosts", "/etc/localtime", 0};
  static const char *const own[] = {"/dev", "/dev/shm", "/dev/pts", "/dev/mqueue", 0};
  int failed = 0;
  for (const char *const *at = of_kernel; *at != 0; at++)
    if (call5(MOUNT, (word)*at, (word)*at, 0, BIND, 0) == 0) failed += change_mount(*at, 0, READ_ONLY, 0);
  for (const char *const *at = bound; *at != 0; at++) failed += change_mount(*at, RECURSIVE, READ_ONLY, 0);
  for (const char *const *at = own; *at != 0; at++) failed += change_mount(*at, 0, 0, READ_ONLY);
  return failed;
}

/* 0 or the number of things that stay as they are. /dev holds devices, whatever is below it does not. */
static int bound(word count, char **arguments) {
  word pid = value(arguments[2]), processes = value(arguments[3]);
  int failed = limit(pid, CORE, 0, 1) + limit(pid, FILES, value(arguments[4]), 0);
  if (processes != 0) failed += limit(pid, PROCESSES, processes, 0);
  int is_root = call(GETUID, 0, 0, 0, 0) == 0;
  int entered = enter(arguments[7]);
  if (arguments[5][0] != 0 && !(entered && map(arguments[2], arguments[5], arguments[6]))) return UNMAPPED;
  if (!entered || !enter(arguments[8])) return failed + count - 10;
  for (word at = 10; at < count; at += 1) {
    const char *path = arguments[at];
    word flags = REMOUNT | NOSUID | (path[0] == '/' && path[1] == 'd' && path[4] == 0 ? 0 : NODEV);
    if (call5(MOUNT, 0, (word)path, (word) "tmpfs", flags, (word)arguments[9]) != 0) failed += 1;
  }
  if (is_root) failed += guard_machine();
  return failed;
}

__attribute__((noreturn, used)) void run(word *stack) {
  word count = stack[0];
  char **arguments = (char **)(stack + 1), **environment = arguments + count + 1;
  word all = ~0UL, before = 0;
  struct usage used;
  int status = 0;
  if (count < 4) leave(0);
  if (count > 10 && arguments[1][0] == '-' && arguments[1][2] == 'b') leave(bound(count, arguments));
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
