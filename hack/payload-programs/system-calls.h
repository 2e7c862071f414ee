/*
 * What the programs of this folder share. They are static, have no libc, and run in any image: each is one file that
 * includes this one and defines `run`, which gets the stack as the kernel has made it: the number of arguments, the
 * arguments, a zero, the environment.
 */
typedef unsigned long word;

#if defined(__x86_64__)
enum {
  READ = 0, WRITE = 1, CLOSE = 3, SIGPROCMASK = 14, GETPID = 39, CLONE = 56, EXECVE = 59, WAIT4 = 61, KILL = 62, FCNTL = 72, CHDIR = 80, UMASK = 95,
  GETUID = 102, GETGID = 104, GETPPID = 110, SETSID = 112, SIGTIMEDWAIT = 128, SETPRIORITY = 141, PRCTL = 157, MOUNT = 165, UMOUNT2 = 166,
  GETDENTS = 217, EXIT_GROUP = 231, OPENAT = 257, UNLINKAT = 263, PPOLL = 271, UNSHARE = 272, SIGNALFD4 = 289, PRLIMIT = 302, SETNS = 308
};
enum { O_NOFOLLOW = 0400000, O_DIRECTORY = 0200000 };

static long call5(long n, word a, word b, word c, word d, word e) {
  long result;
  register word r10 __asm__("r10") = d;
  register word r8 __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call run\n");
#elif defined(__aarch64__)
enum {
  FCNTL = 25, UNLINKAT = 35, UMOUNT2 = 39, MOUNT = 40, CHDIR = 49, OPENAT = 56, CLOSE = 57, GETDENTS = 61, READ = 63, WRITE = 64, PPOLL = 73, SIGNALFD4 = 74, EXIT_GROUP = 94, UNSHARE = 97, KILL = 129,
  SIGPROCMASK = 135, SIGTIMEDWAIT = 137, SETPRIORITY = 140, SETSID = 157, UMASK = 166, PRCTL = 167, GETPID = 172, GETPPID = 173, GETUID = 174,
  GETGID = 176, CLONE = 220, EXECVE = 221, WAIT4 = 260, PRLIMIT = 261, SETNS = 268
};
enum { O_NOFOLLOW = 0100000, O_DIRECTORY = 040000 };

static long call5(long n, word a, word b, word c, word d, word e) {
  register long x8 __asm__("x8") = n;
  register word x0 __asm__("x0") = a;
  register word x1 __asm__("x1") = b;
  register word x2 __asm__("x2") = c;
  register word x3 __asm__("x3") = d;
  register word x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return (long)x0;
}
__asm__(".globl _start\n_start: mov x29, xzr\n mov x0, sp\n bl run\n");
#else
#error "this machine is not known"
#endif

static long call(long n, word a, word b, word c, word d) { return call5(n, a, b, c, d, 0); }

enum { SIGCHLD = 17, BLOCK = 0, SETMASK = 2, NOHANG = 1, HERE = -100 };
enum { O_WRONLY = 1, O_CREAT = 0100, O_TRUNC = 01000, O_NONBLOCK = 04000 };

/* Writes a number and a blank. Returns where the text ends. */
static char *number(char *at, word value) {
  char digits[20];
  int count = 0;
  do digits[count++] = '0' + value % 10;
  while ((value /= 10) != 0);
  while (count > 0) *at++ = digits[--count];
  *at++ = ' ';
  return at;
}

__attribute__((noreturn)) static void leave(int code) {
  for (;;) call(EXIT_GROUP, code, 0, 0, 0);
}
