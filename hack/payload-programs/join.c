/*
 * join ROWS COLUMNS NICENESS PROCESSES FILES COUNT COMMAND [ARGUMENT...]: runs COMMAND (a path) beside a payload, in its
 * container, as its user and with its limits. The environment is COMMAND's, without GLIDEIN_OWNER: everybody could read
 * arguments. Descriptors: the COUNT ones from 3 on are namespaces of the payload, first the one of its mounts, last its
 * user namespace; 0 brings frames, 1 takes frames. With ROWS other than 0, COMMAND has a terminal of that size, else
 * pipes.
 *
 * A frame is a number (4 bytes, as the machine writes numbers): its kind times 2^24 + its length, and so many bytes.
 * To this program: 0 input; 1 the input has ended; 2 a size of the terminal: rows and columns, 2 bytes each.
 * From it: 1 standard output, 2 standard error; 3 COMMAND has ended: 4 bytes, its exit code or 128 + the signal;
 * 4 it cannot be run: 4 bytes that say what failed, and 4 with the error of the system.
 *
 * Why a program: as enter.c. Two more processes stand between the pilot and COMMAND. The outer one copies, from buffers
 * that do not grow: it reads on only when what it has read is written. The keeper is in the PID namespace of the
 * payload, and everything that COMMAND starts stays below it: so whoever ends the session finds it all, although it has
 * no PID namespace of its own, in which no debugger would see the payload. The keeper dies with the outer process, and
 * both with the payload. Neither can be looked into from the container, in which all three are to be seen.
 */
#include "system-calls.h"

#if defined(__x86_64__)
enum { IOCTL = 16, DUP3 = 292, PIPE2 = 293 };
#else
enum { DUP3 = 24, IOCTL = 29, PIPE2 = 59 };
#endif

enum { FRAMES_IN = 0, FRAMES_OUT = 1, FIRST = 3, MOST_LATE = 64, CLOSE_RANGE = 436 };
enum { F_SETFL = 4, O_RDWR = 2, O_NOCTTY = 0400, O_CLOEXEC = 02000000, POLLIN = 1, POLLOUT = 4 };
enum { NS_GET_USERNS = 0xb701, TIOCSCTTY = 0x540e, TIOCSWINSZ = 0x5414, TIOCSPTLCK = 0x40045431, TIOCGPTPEER = 0x5441 };
enum { PR_SET_PDEATHSIG = 1, PR_SET_DUMPABLE = 4, PR_CAPBSET_DROP = 24, PR_SET_CHILD_SUBREAPER = 36, PR_SET_NO_NEW_PRIVS = 38 };
enum { SIGKILL = 9, EAGAIN = 11, CORE = 4, PROCESSES = 6, FILES = 7 };
enum { INPUT = 0, NO_INPUT = 1, SIZE = 2, ENDED = 3, FAILED = 4 };
enum { ROWS = 1, COLUMNS, NICENESS, MOST_PROCESSES, OPEN_FILES, COUNT, COMMAND };

/* What failed, for frames of kind 4. */
enum { ITS_NAMESPACES = 1, ITS_TERMINAL, ITS_PROCESSES, ITS_LIMITS, ITS_DIRECTORY, ITS_COMMAND, THE_PAYLOAD };

/* What the keeper, or COMMAND's process before it becomes COMMAND, tells the outer process. */
struct end { unsigned failed, value; };

static word all = ~0UL, before;

/* Written to as soon as there is an end: to a pipe by the inner processes, as a frame by the outer one. */
static word ends = FRAMES_OUT;

__attribute__((noreturn)) static void fail(unsigned what, long error) {
  unsigned frame[3] = {FAILED << 24 | 8, what, (unsigned)-error};
  if (ends == FRAMES_OUT) call(WRITE, ends, (word)frame, sizeof frame, 0);
  else call(WRITE, ends, (word)(frame + 1), 8, 0);
  leave(255);
}

static long must(long result, unsigned what) {
  if (result < 0) fail(what, result);
  return result;
}

/* Takes a variable out of the environment. */
static void leave_out(char **environment, const char *start) {
  char **to = environment;
  for (; *environment != 0; environment++) {
    const char *has = *environment, *wants = start;
    while (*wants != 0 && *has == *wants) has++, wants++;
    if (*wants != 0) *to++ = *environment;
  }
  *to = 0;
}

static word value(const char *text) {
  word result = 0;
  while (*text >= '0' && *text <= '9') result = result * 10 + (*text++ - '0');
  return result;
}

/* As `wait-status --bound` does it. */
static void limit(word resource, word most, int now_only) {
  word limits[2];
  must(call(PRLIMIT, 0, resource, 0, (word)limits), ITS_LIMITS);
  if (limits[0] > most) limits[0] = most;
  if (!now_only && limits[1] > most) limits[1] = most;
  must(call(PRLIMIT, 0, resource, (word)limits, 0), ITS_LIMITS);
}

/* The copy: what COMMAND's process has at its ends of it, and what the outer process has. */
static struct { int input, output, errors, terminal; } inner, here;

static void make_pipe(int *reads, int *writes) {
  int ends[2];
  must(call(PIPE2, (word)ends, O_CLOEXEC, 0, 0), ITS_TERMINAL);
  *reads = ends[0];
  *writes = ends[1];
}

static void set_size(const unsigned short *size) {
  unsigned short all_of_it[4] = {size[0], size[1], 0, 0};
  if (here.terminal) call(IOCTL, here.input, TIOCSWINSZ, (word)all_of_it, 0);
}

/* The terminal belongs to the container. Its other end is not opened by a path: the payload may have put anything there. */
static void make_streams(char **words) {
  unsigned short size[2] = {value(words[ROWS]), value(words[COLUMNS])};
  int locked = 0;
  here.terminal = size[0] != 0;
  if (here.terminal) {
    here.input = here.output = must(call(OPENAT, (word)HERE, (word) "/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0), ITS_TERMINAL);
    must(call(IOCTL, here.output, TIOCSPTLCK, (word)&locked, 0), ITS_TERMINAL);
    inner.input = inner.output = inner.errors = must(call(IOCTL, here.output, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC, 0), ITS_TERMINAL);
    here.errors = -1;
    set_size(size);
    return;
  }
  make_pipe(&inner.input, &here.input);
  make_pipe(&here.output, &inner.output);
  make_pipe(&here.errors, &inner.errors);
  call(FCNTL, here.input, F_SETFL, O_NONBLOCK, 0);
  call(FCNTL, here.output, F_SETFL, O_NONBLOCK, 0);
  call(FCNTL, here.errors, F_SETFL, O_NONBLOCK, 0);
}

/* But for the pipe that takes ends. Kernels before 5.9 cannot close a range. */
static void close_all_from(word first) {
  if (call(CLOSE_RANGE, ends + 1, ~0U, 0, 0) == 0 && (ends == first || call(CLOSE_RANGE, first, ends - 1, 0, 0) == 0)) return;
  for (word file = first; file < 1024; file++)
    if (file != ends) call(CLOSE, file, 0, 0, 0);
}

/* The first process of the session. It is in no group, and owns nothing, that the payload does not. */
__attribute__((noreturn)) static void begin(char **words, char **environment, word user_namespace) {
  must(call(SETNS, user_namespace, 0, 0, 0), ITS_NAMESPACES);
  call(SETSID, 0, 0, 0, 0);
  if (here.terminal) call(IOCTL, inner.input, TIOCSCTTY, 0, 0);
  call(DUP3, inner.input, 0, 0, 0);
  call(DUP3, inner.output, 1, 0, 0);
  call(DUP3, inner.errors, 2, 0, 0);
  close_all_from(3);
  call(UMASK, 022, 0, 0, 0);
  long score = call(OPENAT, (word)HERE, (word) "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);
  if (score >= 0) call(WRITE, score, (word) "800", 3, 0);
  limit(CORE, 0, 1);
  limit(FILES, value(words[OPEN_FILES]), 0);
  if (value(words[MOST_PROCESSES]) != 0) limit(PROCESSES, value(words[MOST_PROCESSES]), 0);
  must(call(PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0), ITS_LIMITS);
  word user = call(GETUID, 0, 0, 0, 0);
  for (word capability = 0; user != 0 && call(PRCTL, PR_CAPBSET_DROP, capability, 0, 0) == 0;) capability++;
  must(call(CHDIR, (word) "/srv", 0, 0, 0), ITS_DIRECTORY);
  call(SIGPROCMASK, SETMASK, (word)&before, 0, 8);
  fail(ITS_COMMAND, call(EXECVE, (word)words[COMMAND], (word)(words + COMMAND), (word)environment, 0));
}

/* Stays until it is killed: what COMMAND has left behind must not become the payload's. */
__attribute__((noreturn)) static void keep(char **words, char **environment, word user_namespace) {
  int status = 0;
  call(PRCTL, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
  call(PRCTL, PR_SET_CHILD_SUBREAPER, 1, 0, 0);
  call(SETSID, 0, 0, 0, 0);
  long child = must(call(CLONE, SIGCHLD, 0, 0, 0), ITS_PROCESSES);
  if (child == 0) begin(words, environment, user_namespace);
  close_all_from(0);
  for (;;) {
    call(SIGTIMEDWAIT, (word)&all, 0, 0, 8);
    for (long ended; (ended = call(WAIT4, (word)-1, (word)&status, NOHANG, 0)) > 0;) {
      if (ended != child) continue;
      struct end end = {0, (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff};
      call(WRITE, ends, (word)&end, sizeof end, 0);
    }
  }
}

/* What was read and is not yet written. */
static struct buffer { word from, to; char bytes[16384]; } in, out;

/* Returns 0 when nothing can be written to the file any more. */
static int write_some(word file, struct buffer *some) {
  long written = call(WRITE, file, (word)(some->bytes + some->from), some->to - some->from, 0);
  if (written < 0) return written == -EAGAIN;
  some->from += written;
  return 1;
}

static void put_frame(unsigned kind, word length) {
  *(unsigned *)out.bytes = kind << 24 | length;
  out.from = 0;
  out.to = length + 4;
}

/* Reads from COMMAND into a frame. Returns 0 when there is nothing now, -1 when there will be nothing more. */
static int read_output(int file, unsigned kind) {
  long got = call(READ, file, (word)(out.bytes + 4), sizeof out.bytes - 4, 0);
  if (got == -EAGAIN) return 0;
  if (got <= 0) return -1;
  put_frame(kind, got);
  return 1;
}

static unsigned frame_kind, frame_left, header_bytes;

static void close_input(void) {
  if (here.terminal || here.input < 0) return;
  call(CLOSE, here.input, 0, 0, 0);
  here.input = -1;
}

/* A whole header, or a whole size, has come. */
static void take_control(void) {
  static unsigned header;
  char *to = (char *)&header;
  long got = call(READ, FRAMES_IN, (word)(to + header_bytes), 4 - header_bytes, 0);
  if (got == -EAGAIN) return;
  if (got <= 0) leave(0);
  header_bytes += got;
  if (header_bytes < 4) return;
  header_bytes = 0;
  if (frame_kind == SIZE) {
    set_size((unsigned short *)&header);
    frame_kind = INPUT;
    return;
  }
  frame_kind = header >> 24;
  frame_left = frame_kind == INPUT ? header & 0xffffff : 0;
  if (frame_kind != NO_INPUT) return;
  frame_kind = INPUT;
  if (here.terminal) {
    in.bytes[0] = 4;
    in.from = 0;
    in.to = 1;
  } else close_input();
}

static void read_input(void) {
  if (frame_left == 0) {
    take_control();
    return;
  }
  word most = frame_left < sizeof in.bytes ? frame_left : sizeof in.bytes;
  long got = call(READ, FRAMES_IN, (word)in.bytes, most, 0);
  if (got == -EAGAIN) return;
  if (got <= 0) leave(0);
  frame_left -= got;
  in.from = 0;
  in.to = here.input < 0 ? 0 : got;
}

/* The next frame from COMMAND, if there is one; the two streams in turns. */
static void fill(int has_ended) {
  static int turn;
  static word late;
  /* Whoever was left behind may write for ever; what COMMAND itself has written fits into its pipes. */
  if (has_ended && late++ == MOST_LATE) here.output = here.errors = -1;
  for (int tries = 0; tries < 2 && out.from == out.to; tries++) {
    int *file = (turn ^= 1) ? &here.output : &here.errors;
    if (*file >= 0 && read_output(*file, file == &here.output ? 1 : 2) < 0) {
      if (!here.terminal) call(CLOSE, *file, 0, 0, 0);
      *file = -1;
    }
  }
}

__attribute__((noreturn)) static void copy(int end_pipe) {
  word ended = 1UL << (SIGCHLD - 1);
  char signal[128];
  int status = 0, has_ended = 0, is_told = 0;
  struct end end = {0, 0};
  int children = must(call(SIGNALFD4, (word)-1, (word)&ended, 8, O_CLOEXEC | O_NONBLOCK), ITS_PROCESSES);
  call(FCNTL, FRAMES_IN, F_SETFL, O_NONBLOCK, 0);
  call(FCNTL, FRAMES_OUT, F_SETFL, O_NONBLOCK, 0);
  for (;;) {
    int has_output = out.from < out.to, has_input = in.from < in.to;
    struct { int file; short events, happened; } polled[7] = {
        {children, POLLIN, 0},
        {has_ended ? -1 : end_pipe, POLLIN, 0},
        {has_input ? -1 : FRAMES_IN, POLLIN, 0},
        {has_output ? FRAMES_OUT : -1, POLLOUT, 0},
        {has_input ? here.input : -1, POLLOUT, 0},
        {has_output ? -1 : here.output, POLLIN, 0},
        {has_output ? -1 : here.errors, POLLIN, 0}};
    /* Once COMMAND has ended, nothing is waited for that others may still write. */
    if (!has_ended || has_output || is_told) call5(PPOLL, (word)polled, 7, 0, 0, 0);
    if (polled[0].happened != 0) {
      call(READ, children, (word)signal, sizeof signal, 0);
      /* The keeper is gone. The first process of its namespace cannot end before it is reaped. */
      call(WAIT4, (word)-1, (word)&status, NOHANG, 0);
    }
    if ((polled[1].happened != 0 || status != 0) && !has_ended) {
      has_ended = 1;
      if (call(READ, end_pipe, (word)&end, sizeof end, 0) != sizeof end) end = (struct end){THE_PAYLOAD, 0};
    }
    if (polled[2].happened != 0) read_input();
    if (polled[3].happened != 0 && !write_some(FRAMES_OUT, &out)) leave(0);
    if (polled[4].happened != 0 && !write_some(here.input, &in)) {
      in.from = in.to;
      close_input();
    }
    if (out.from < out.to) continue;
    if (is_told && status != 0) leave(0);
    fill(has_ended);
    if (out.from < out.to || !has_ended || is_told) continue;
    is_told = 1;
    here.output = here.errors = -1;
    *(unsigned *)(out.bytes + 4) = end.failed != 0 ? end.failed : end.value;
    *(unsigned *)(out.bytes + 8) = end.value;
    put_frame(end.failed != 0 ? FAILED : ENDED, end.failed != 0 ? 8 : 4);
  }
}

__attribute__((noreturn, used)) void run(word *stack) {
  word count = stack[0];
  char **words = (char **)(stack + 1), **environment = words + count + 1;
  int end_pipe, tells_end;
  if (count <= COMMAND) leave(0);
  leave_out(environment, "GLIDEIN_OWNER=");
  call(SIGPROCMASK, BLOCK, (word)&all, (word)&before, 8);
  call(PRCTL, PR_SET_DUMPABLE, 0, 0, 0);
  word last = FIRST + value(words[COUNT]) - 1;
  call(SETPRIORITY, 0, 0, value(words[NICENESS]), 0);
  must(call(SETNS, must(call(IOCTL, FIRST, NS_GET_USERNS, 0, 0), ITS_NAMESPACES), 0, 0, 0), ITS_NAMESPACES);
  for (word file = FIRST; file < last; file++) must(call(SETNS, file, 0, 0, 0), ITS_NAMESPACES);
  make_streams(words);
  make_pipe(&end_pipe, &tells_end);
  long keeper = must(call(CLONE, SIGCHLD, 0, 0, 0), ITS_PROCESSES);
  if (keeper == 0) {
    ends = tells_end;
    keep(words, environment, last);
  }
  call(CLOSE, tells_end, 0, 0, 0);
  call(CLOSE, inner.input, 0, 0, 0);
  if (!here.terminal) {
    call(CLOSE, inner.output, 0, 0, 0);
    call(CLOSE, inner.errors, 0, 0, 0);
  }
  for (word file = FIRST; file <= last; file++) call(CLOSE, file, 0, 0, 0);
  copy(end_pipe);
}
