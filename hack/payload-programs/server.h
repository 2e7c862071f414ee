/*
 * What serves requests to make processes. Descriptor 0 brings requests, 1 takes lines about them. A request is its length (4
 * bytes, as the machine writes numbers) and that many bytes, words that end with a zero:
 *
 *     start ID STDIN STDOUT STDERR COUNT WORD... "" [VARIABLE...]
 *     signal PID NUMBER
 *     finish
 *
 * STDIN, STDOUT and STDERR are files, COUNT is the number of words up to the empty one: what they mean, the program says that
 * includes this.
 *
 * Lines: "started ID PID" (0: no process can be made; it may come twice), "failed PID WORD ERROR" (the number of the word that failed, counted
 * from COUNT on, and the error of the system), "ended PID STATUS" (as wait(2) gives it). After `finish` the program ends with
 * the last process, without requests at once, and all outer processes with it.
 *
 * Why a program that stays: a pilot has so much memory that making a process of it takes longer than all that happens here.
 */
#include "system-calls.h"

enum { REQUESTS = 0, LINES = 1, FREE = 10 };
enum { PR_SET_PDEATHSIG = 1, SIGKILL = 9 };
enum { DUPFD_CLOEXEC = 1030, O_APPEND = 02000, O_CLOEXEC = 02000000, POLLIN = 1 };
enum { LONGEST = 1 << 20, MOST_WORDS = 1 << 15, MOST_PROCESSES = 4096 };

static char **words;
static word server, outer, failures = LINES, children, all = ~0UL, before;

/* A request, its words, and the outer processes that it has led to. */
static char request[LONGEST + 1], *parts[MOST_WORDS + 2];
static long processes[MOST_PROCESSES];
static word count_of_processes;

/* The program's own: the signal by which an outer process learns that the server has died, and what it does. */
static const word death;
__attribute__((noreturn)) static void be_outer(word count, char **environment);

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

/* It says itself that it has started, before it says anything else. Files that are opened get 0, 1 and 2, which are free. */
static void become_outer(char **streams) {
  enum { SAFELY = O_NOFOLLOW | O_NONBLOCK };
  char text[160];
  call(PRCTL, PR_SET_PDEATHSIG, death, 0, 0);
  if ((word)call(GETPPID, 0, 0, 0, 0) != server) leave(255);
  call(SETSID, 0, 0, 0, 0);
  outer = call(GETPID, 0, 0, 0, 0);
  say(failures, text, number(put(put(text, "started"), parts[1]), outer));
  for (word file = 0; file < 3; file++) call(CLOSE, file, 0, 0, 0);
  call(CLOSE, children, 0, 0, 0);
  must(call(OPENAT, (word)HERE, (word)streams[0], SAFELY, 0), 1);
  must(call(OPENAT, (word)HERE, (word)streams[1], SAFELY | O_WRONLY | O_APPEND, 0), 1);
  must(call(OPENAT, (word)HERE, (word)streams[2], SAFELY | O_WRONLY | O_APPEND, 0), 1);
}

/* Hands on signals to a child until it has ended, and reaps whatever else ends. Returns its status. If the server has died, kills it. */
static int stay_until_end_of(long child) {
  int status = 0;
  for (;;) {
    long signal = call(SIGTIMEDWAIT, (word)&all, 0, 0, 8);
    if (signal == (long)death && (word)call(GETPPID, 0, 0, 0, 0) != server) signal = SIGKILL;
    if (signal > 0 && signal != SIGCHLD) call(KILL, child, signal, 0, 0);
    for (long ended = 1; signal == SIGCHLD && ended > 0;) {
      ended = call(WAIT4, (word)-1, (word)&status, NOHANG, 0);
      if (ended == child) return status;
    }
  }
}

static void start(word total) {
  char text[160];
  word count = total > 6 ? value(parts[5]) + 1 : 0;
  if (count < 2 || 5 + count >= total) leave(255);
  /* The empty word behind the arguments ends them; the last one ends the environment. */
  words = parts + 5;
  words[count] = 0;
  long child = count_of_processes < MOST_PROCESSES ? call(CLONE, SIGCHLD, 0, 0, 0) : -11;
  if (child == 0) {
    become_outer(parts + 2);
    be_outer(count, words + count + 1);
  }
  if (child > 0) processes[count_of_processes++] = child;
  say(LINES, text, number(put(put(text, "started"), parts[1]), child > 0 ? (word)child : 0));
}

/* The number may belong to another process as soon as the outer one was reaped. */
static void hand_on_signal(word total) {
  for (word at = 0; total > 2 && at < count_of_processes; at++)
    if (processes[at] == (long)value(parts[1])) call(KILL, processes[at], value(parts[2]), 0, 0);
}

static void reap(void) {
  char text[96];
  int status = 0;
  for (long ended; (ended = call(WAIT4, (word)-1, (word)&status, NOHANG, 0)) > 0;) {
    for (word at = 0; at < count_of_processes; at++)
      if (processes[at] == ended) processes[at] = processes[--count_of_processes];
    say(LINES, text, number(number(put(text, "ended"), (word)ended), (word)status));
  }
}

/* Whoever sends requests is gone, or sends nonsense: then this ends, and all outer processes with it. */
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

/* All signals are blocked already, and `before` are those that were blocked before. */
__attribute__((noreturn)) static void serve(void) {
  word ended = 1UL << (SIGCHLD - 1);
  char signal[128];
  int finishing = 0;
  server = call(GETPID, 0, 0, 0, 0);
  failures = call(FCNTL, LINES, DUPFD_CLOEXEC, FREE, 0);
  children = call(SIGNALFD4, (word)-1, (word)&ended, 8, O_CLOEXEC | O_NONBLOCK);
  struct { int file; short events, happened; } polled[2] = {{REQUESTS, POLLIN, 0}, {(int)children, POLLIN, 0}};
  while (!finishing || count_of_processes > 0) {
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
