"""Literals without which a detector of failures has nothing to do.

They stand here and not in the detectors so that a detector is imported only when one of its
literals occurs in lines that no traceback has explained.
"""

from __future__ import annotations

CRASHES = (
    "SIGTERM",
    "egmentation fault", "Segfault", "段错误", "Aborted", "Abort trap", ": abort", "已放弃",
    "已中止",
    "us error", "总线错误", "llegal instruction", "llegal hardware", "非法指令",
    "loating point exception", "浮点数例外", "BPT trap", "Killed", "killed", "已杀死", "Terminated",
    "terminated", "已终止", "free(", "double free", "corrupted ", "malloc(", "munmap_chunk",
    "realloc()", "*** ", "terminate called", "libc++abi", "Fatal Python error", "fatal exception",
    "Check failed", "CHECK failed", "LLVM ERROR", "Assertion", "SIGSEGV", "SIGABRT", "SIGBUS",
    "SIGKILL", "SIGILL", "SIGFPE", "exit code ", "exitcode", "Exit Code", "exited with code",
    "OOMKilled", "oom-kill", "oom_kill", "Out of memory", "Out Of Memory", "memory cgroup",
    "NVRM: Xid", "Hangup", "TIME LIMIT", "CANCELLED AT", "walltime",
    "being freed was not allocated", "Signal: ", "limit exceeded", "memory pressure (OOM)",
    "session crashed", "Kernel died", "restarting kernel", "kernel appears",
    "terminated by signal", "0xC00000", "exit status 13", "pure virtual method",
    "thread-local data", "panicked", "worker died",
)  # fmt: skip
SHELLS = (
    "Unrecognized option", "No such option", "Missing ", "Required option",
    "not found", "unbound variable", "not recognized", "No such file or directory",
    "ermission denied", "syntax error", "no matches found", "rror: ", "can't open file",
    "Unknown command", "未找到命令", "找不到命令", "不是内部或外部命令", "无法将",
    "command not", "cannot execute",
    "xec format error", "bad interpreter", "Illegal option", "event not found", "Is a directory",
    "annot access", "annot create", "Could not resolve host", "onnection refused",
    "ead-only file system", "o space left", "rgument list too long", "symbol lookup error",
    "Library not loaded", ".py: ", "HYDRA_FULL_ERROR", "unrecognized arguments",
    "Could not override", "cannot open shared object", "Operation not permitted",
    "does not exist", "cannot overwrite", "CondaError", "unexpected end of file",
    "cannot load library", "Device or resource busy", "Is it running",
)  # fmt: skip
INSTALLERS = (
    "InvalidChannel", "did not run successfully",
    "ERROR: ", "error: ", "× ", "No solution found", "╰─", "E: ", "npm ERR!", "npm error",
    "LibMamba", "libmamba", "CondaError", "CondaHTTPError", "PackagesNotFoundError",
    "ResolvePackageNotFound", "UnsatisfiableError", "Environment", "CondaValueError",
    "CondaSSLError", "CondaVerificationError", "NoWritable", "NotWritableError",
    "InvalidArchiveError", "CommandNotFoundError", "error in ", "The conflict is caused by",
    "dpkg: error", "SolverProblemError", "which is incompatible", "SafetyError", "ClobberError",
    "LockError", "CorruptedEnvironmentError", "LinkError", "InvalidVersionSpec",
    "InvalidMatchSpec", "DirectoryNotACondaEnvironmentError", "PackageNotInstalledError",
    "which is not installed",
)  # fmt: skip
COMPILERS = (
    "#error ", "or higher is required",
    "error: ", "error C", "error LNK", "fatal error", "nvcc fatal", "CMake Error", "ninja: ",
    "FAILED: ", "undefined reference", "cannot find -l", "ld returned", "make: ***", "make[",
    "command '", "error[E", "error : ", "unsupported GNU version", "could not compile",
    "No rule to make", "cannot find the path", "Could NOT find", "unresolved external",
    "multiple definition", "Internal Compiler", "): error",
)  # fmt: skip
LAUNCHERS = (
    "sbatch: ", "salloc: ", "srun: ", "not enough slots", "attempt to run as root",
    "Root Cause (first observed failure)", "failed (exitcode", "exits with return code",
    "mpirun noticed", "mpiexec", "MPI_ABORT", "BAD TERMINATION", "Primary job", "srun: error",
    "prterun", "exited with exit code", "ChildFailedError", "Exited with exit code",
    "returned non-zero exit status", "died with <Signals", "Horovod", "terminated with signal",
    "terminated with exit code", "SPMD", "exit_code", "Worker unexpectedly exits",
)  # fmt: skip
LOGS = (
    "E external", "E tensorflow", "Qt platform plugin", "docker: ", "error: ",
    "ERROR", "FATAL", "CRITICAL", "SEVERE", "Error: ", "Error response", "fatal: ",
    "failed to solve", "panicked at", "panic: ", 'Exception in thread "', "Caused by: ",
    "Client Error", "gated repo", "CUDA error", "NCCL", "cudaError", "NVML",
    "NVIDIA-SMI has failed", "OMP: Error", "level=error", "level=fatal", "already in use",
    "Watchdog caught", "Address already", "Cannot connect to the Docker", "] E ", " E ",
    "F tensorflow", "Could not connect", "EADDRINUSE", "could not select device driver", "E0",
    "E1", "F0", "F1", "cudaGetDevice", "ggml", "[E ", "!!! ", "rror occurred", "Failed to ",
    "failed to ", "Unable to ", "FAIL", "[error", "[Error", "[fatal", "[critical", "GCS server",
    "Server Error", "BadRequest", "is not a registry",
)  # fmt: skip
PYTESTS = (
    "= FAILURES =", "= ERRORS =", "short test summary", "ERROR collecting", ": in <module>",
    ": AssertionError", "Error\n_", "conftest.py", "INTERNALERROR>", "E   ",
)  # fmt: skip
TRACEBACKS = (
    "Traceback", 'File "', "Error", "Exception", "KeyboardInterrupt", "SystemExit",
    "StopIteration", "exceptions.", "errors.", ".error:", "No module named", "ray::", "gaierror",
    "timeout",
)  # fmt: skip
