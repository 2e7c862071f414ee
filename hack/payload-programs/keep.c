/*
 * keep PARENT COMMAND [ARGUMENT...]: runs COMMAND (a path), hands on the signals that it gets, and ends as a shell would: with
 * its exit code, or with 128 + the signal; but only when whatever COMMAND has started is dead: it kills what is left.
 * Signal 64 kills all of it at once. So does the death of its parent, if that is the process PARENT (0: any). Without
 * arguments it ends with 0, which shows that it can run here.
 *
 * Why: a payload without a container has no PID namespace that ends with it. Its orphans become children of this process, in
 * whatever session they are. A payload that kills it is rid of it, so there may be two, one above the other.
 */
#include "system-calls.h"

enum { SET_PDEATHSIG = 1, SET_CHILD_SUBREAPER = 36, SIGKILL = 9, END = 64, ANY = -1 };

static word value(const char **digits) {
  word result = 0;
  for (; **digits >= '0' && **digits <= '9'; *digits += 1) result = result * 10 + (**digits - '0');
  return result;
}

/* Kills the children, whose own become children of this process. Returns whether there may be any. */
static int kill_children(void) {
  char text[4096];
  long file = call(OPENAT, (word)HERE, (word) "/proc/thread-self/children", 0, 0);
  if (file < 0) return 0;
  long length = call(READ, file, (word)text, sizeof text - 1, 0);
  call(CLOSE, file, 0, 0, 0);
  if (length < 0) return 0;
  text[length] = 0;
  for (const char *at = text; *at != 0; at += 1) {
    word pid = value(&at);
    /* A number that the end of the text has cut off may be another process: it is read again. */
    if (*at == 0) break;
    if (pid != 0) call(KILL, pid, SIGKILL, 0, 0);
  }
  return 1;
}

__attribute__((noreturn, used)) void run(word *stack) {
  word count = stack[0];
  char **arguments = (char **)(stack + 1), **environment = arguments + count + 1;
  word all = ~0UL, before = 0;
  int status = 0, one = 0, ended = 0;
  (void)number;
  if (count < 3) leave(0);
  const char *digits = arguments[1];
  word parent = value(&digits);
  call(SIGPROCMASK, BLOCK, (word)&all, (word)&before, 8);
  call(PRCTL, SET_CHILD_SUBREAPER, 1, 0, 0);
  call(PRCTL, SET_PDEATHSIG, END, 0, 0);
  if (parent != 0 && (word)call(GETPPID, 0, 0, 0, 0) != parent) leave(128 + SIGKILL);
  long child = call(CLONE, SIGCHLD, 0, 0, 0);
  if (child == 0) {
    call(SIGPROCMASK, SETMASK, (word)&before, 0, 8);
    call(EXECVE, (word)arguments[2], (word)(arguments + 2), (word)environment, 0);
    leave(127);
  }
  if (child < 0) leave(126);
  while (!ended) {
    long signal = call(SIGTIMEDWAIT, (word)&all, 0, 0, 8), pid;
    if (signal == END) call(KILL, child, SIGKILL, 0, 0);
    else if (signal > 0 && signal != SIGCHLD) call(KILL, child, signal, 0, 0);
    while ((pid = call(WAIT4, (word)ANY, (word)&one, NOHANG, 0)) > 0)
      if (pid == child) status = one, ended = 1;
  }
  while (kill_children() && call(WAIT4, (word)ANY, (word)&one, 0, 0) > 0) continue;
  leave((status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff);
}
