/*
 * launch: runs apptainer, and whatever else the pilot needs small processes for; `server.h` says what comes and goes. The words of a
 * request are one of
 *
 *     run DIRECTORY COMMAND [ARGUMENT...]
 *     bound PID PROCESSES FILES UIDS GIDS USER MOUNT OPTIONS DIRECTORY...
 *     remove FOLDER
 *
 * run: the outer process starts COMMAND (a path) in DIRECTORY, as the leader of a session and a group, and says "running PID
 * CHILD". Whatever COMMAND leaves behind becomes a child of the outer process, which kills it. It ends when nothing is left,
 * as COMMAND has ended: with its exit code, or by the same signal. If the server dies, and so if the pilot does, it kills
 * everything.
 *
 * bound: limits the process PID, and what it starts, to so many processes and threads of its user (0: any number) and to so many open files each, and turns core
 * files off as long as it does not ask for them. Then it enters the user namespace that the file USER stands for and,
 * unless UIDS is empty, gives the namespace of PID, which --apart has made in that one, its users and groups, such as
 * "1000 1000 1" (see user_namespaces(7)). Ends with 100 if that cannot be done. Then it enters the mount namespace MOUNT
 * and gives the file systems in memory at DIRECTORY... the mount options OPTIONS, such as "size=1048576". Apptainer mounts
 * them without a bound. If the user is root, it also makes read-only what belongs to the machine. Ends with the number of
 * limits, directories and mounts that could not be changed.
 *
 * remove: removes a folder with all that is in it. Ends with 1 if that cannot be done: something may be left then.
 */
#include "server.h"

enum { NOSUID = 2, NODEV = 4, REMOUNT = 32, UNMAPPED = 100 };
enum { MOUNT_SETATTR = 442, READ_ONLY = 1, RECURSIVE = 0x8000, BIND = 4096, EINVAL = -22 };
enum { CORE = 4, PROCESSES = 6, FILES = 7 };
enum { PR_SET_CHILD_SUBREAPER = 36, SIGPWR = 30 };

/* Rare. Whoever sends it on purpose is still the server. */
static const word death = SIGPWR;

static int enter(const char *path) {
  long file = call(OPENAT, (word)HERE, (word)path, 0, 0);
  return file >= 0 && call(SETNS, file, 0, 0, 0) == 0;
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
static int bound(word count) {
  word pid = value(words[2]), processes = value(words[3]);
  int failed = limit(pid, CORE, 0, 1) + limit(pid, FILES, value(words[4]), 0);
  if (processes != 0) failed += limit(pid, PROCESSES, processes, 0);
  int is_root = call(GETUID, 0, 0, 0, 0) == 0;
  int entered = enter(words[7]);
  if (words[5][0] != 0 && !(entered && map(words[2], words[5], words[6]))) return UNMAPPED;
  if (!entered || !enter(words[8])) return failed + count - 10;
  for (word at = 10; at < count; at += 1) {
    const char *path = words[at];
    word flags = REMOUNT | NOSUID | (path[0] == '/' && path[1] == 'd' && path[4] == 0 ? 0 : NODEV);
    if (call5(MOUNT, 0, (word)path, (word) "tmpfs", flags, (word)words[9]) != 0) failed += 1;
  }
  if (is_root) failed += guard_machine();
  return failed;
}

/* Processes whose parent has ended are children of this one. */
static void kill_children(void) {
  char text[4096];
  long file = call(OPENAT, (word)HERE, (word) "/proc/thread-self/children", O_CLOEXEC, 0);
  /* Without such a list, only the pilot can find them: it looks for what is left of a process that was killed. */
  if (file < 0) call(KILL, outer, SIGKILL, 0, 0);
  long length = call(READ, file, (word)text, sizeof text - 1, 0);
  call(CLOSE, file, 0, 0, 0);
  text[length > 0 ? length : 0] = 0;
  for (char *at = text; *at != 0;) {
    char *end = at;
    while (*end >= '0' && *end <= '9') end++;
    /* A number that may be cut off belongs to the next list. */
    if (*end == ' ') call(KILL, value(at), SIGKILL, 0, 0);
    at = *end == ' ' ? end + 1 : end;
  }
}

/* Returns when this process has no children any more. */
static void end_children(void) {
  for (;;) {
    long ended;
    while ((ended = call(WAIT4, (word)-1, 0, NOHANG, 0)) > 0);
    if (ended < 0) return;
    kill_children();
    call(WAIT4, (word)-1, 0, 0, 0);
  }
}

__attribute__((noreturn)) static void end_as(int status) {
  word signal = status & 0x7f, nothing[2] = {0, 0};
  if (signal == 0) leave(status >> 8 & 0xff);
  call(PRLIMIT, 0, CORE, (word)nothing, 0);
  call(KILL, outer, signal, 0, 0);
  call(SIGPROCMASK, SETMASK, (word)&before, 0, 8);
  leave(128 + signal);
}

__attribute__((noreturn)) static void run_command(char **environment) {
  char text[96];
  call(PRCTL, PR_SET_CHILD_SUBREAPER, 1, 0, 0);
  long child = call(CLONE, SIGCHLD, 0, 0, 0);
  must(child, 1);
  if (child == 0) {
    call(SETSID, 0, 0, 0, 0);
    must(call(CHDIR, (word)words[2], 0, 0, 0), 2);
    call(SIGPROCMASK, SETMASK, (word)&before, 0, 8);
    must(call(EXECVE, (word)words[3], (word)(words + 3), (word)environment, 0), 3);
  }
  say(failures, text, number(number(put(text, "running"), outer), child));
  for (word file = 0; file < 3; file++) call(CLOSE, file, 0, 0, 0);
  int status = stay_until_end_of(child);
  end_children();
  end_as(status);
}

/* As the kernel gives them; behind these is the name. */
struct entry { word inode, offset; unsigned short length; unsigned char type; char name[]; };

enum { FOLDER = 4, REMOVEDIR = 0x200, DEEPEST = 64 };

/* Returns whether everything in the folder is gone. Links are removed, and never followed. */
static int empty(long folder, int depth) {
  char text[2048] __attribute__((aligned(8)));
  long length;
  if (folder < 0 || depth > DEEPEST) return 0;
  /* What has been read is gone, so the next reading brings what has not. */
  while ((length = call(GETDENTS, folder, (word)text, sizeof text, 0)) > 0)
    for (char *at = text; at < text + length; at += ((struct entry *)at)->length) {
      struct entry *found = (struct entry *)at;
      if (is(found->name, ".") || is(found->name, "..")) continue;
      if (found->type == FOLDER) {
        long inner = call(OPENAT, folder, (word)found->name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (!empty(inner, depth + 1)) return 0;
        call(CLOSE, inner, 0, 0, 0);
      }
      if (call(UNLINKAT, folder, (word)found->name, found->type == FOLDER ? REMOVEDIR : 0, 0) < 0) return 0;
    }
  return length == 0;
}

static int removed(const char *path) {
  return empty(call(OPENAT, (word)HERE, (word)path, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0), 0) &&
         call(UNLINKAT, (word)HERE, (word)path, REMOVEDIR, 0) == 0;
}

__attribute__((noreturn)) static void be_outer(word count, char **environment) {
  if (count > 3 && is(words[1], "run")) run_command(environment);
  if (count > 9 && is(words[1], "bound")) leave(bound(count));
  if (count > 2 && is(words[1], "remove")) leave(!removed(words[2]));
  leave(255);
}

__attribute__((noreturn, used)) void run(word *stack) {
  (void)stack;
  call(SIGPROCMASK, BLOCK, (word)&all, (word)&before, 8);
  serve();
}
