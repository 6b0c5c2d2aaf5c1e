"""Shells, installers, compilers, launchers and log lines."""

from __future__ import annotations

import pytest
from finding import found, only

from troubleshoot.failure import (
    ADVICE,
    COMPILER,
    EXCEPTION,
    INITIATING,
    INSTALLER,
    KILL,
    LAUNCHER,
    LOG,
    SHELL,
    WRAPPER,
)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("bash: nvcc: command not found", "bash"),
        ("-bash: conda: command not found", "bash"),
        ("run.sh: line 3: python: command not found", "bash"),
        ("train.sh: line 4: --num-envs: command not found", "bash"),
        ("/bin/sh: 1: cmake: not found", "sh"),
        ("sh: 1: nvcc: not found", "sh"),
        ("bash: nvcc: 未找到命令", "bash"),
        ("zsh: command not found: uv", "zsh"),
        ("zsh: no matches found: lerobot[pusht]", "zsh"),
        ("fish: Unknown command: uv", "fish"),
        ("'uv' is not recognized as an internal or external command,", "cmd"),
        ("'conda' 不是内部或外部命令，也不是可运行的程序", "cmd"),
        (
            "uv : The term 'uv' is not recognized as the name of a cmdlet, function, script file",
            "powershell",
        ),
        ("无法将“conda”项识别为 cmdlet、函数、脚本文件或可运行程序的名称。", "powershell"),
        ("bash: ./train.sh: Permission denied", "bash"),
        ("bash: syntax error near unexpected token `('", "bash"),
        ("start.sh: line 7: DATASET_ROOT: unbound variable", "bash"),
        ("/usr/bin/env: ‘python’: No such file or directory", "env"),
        (
            "python: can't open file '/home/ada/train.py': [Errno 2] No such file or directory",
            "python",
        ),
        (
            "./arm: error while loading shared libraries: librobot.so: cannot open shared obje"
            "ct file",
            "ld.so",
        ),
        ("dyld[123]: Library not loaded: @rpath/libavutil.58.dylib", "dyld"),
        ("cp: cannot create regular file '/data/x': Read-only file system", "cp"),
        ("train.py: dataset directory data/lift does not exist", "train.py"),
    ],
)
def test_shell(line: str, name: str) -> None:
    failure = only(f"starting\n{line}\n")
    assert (failure.kind, failure.name, failure.line) == (SHELL, name, 1)
    assert failure.role == INITIATING


def test_command_line_parsers() -> None:
    failure = only(
        "usage: train.py [-h] [--lr LR]\n"
        "                [--steps STEPS]\n"
        "train.py: error: unrecognized arguments: --steps_total 1000\n"
    )
    assert (failure.name, failure.exit_code, failure.start) == ("argparse", 2, 0)
    assert failure.message == "train.py: unrecognized arguments: --steps_total 1000"
    failure = only(
        "Usage: main.py [OPTIONS]\nTry 'main.py --help' for help.\n\n"
        "Error: Invalid value for '--seed': 'x' is not a valid integer.\n"
    )
    assert (failure.name, failure.message[:13]) == ("click", "Invalid value")
    failure = only(
        "Could not override 'trainer.lrr'.\nTo append to your config use +trainer.lrr=3e-4\n"
        "Key 'lrr' is not in struct\n\n"
        "Set the environment variable HYDRA_FULL_ERROR=1 for a complete stack trace.\n"
    )
    assert failure.name == "hydra"
    assert failure.message.startswith("Could not override 'trainer.lrr'.")


def test_pip_lines_that_belong_together() -> None:
    failure = only(
        "ERROR: Ignored the following versions that require a different python version: 1.6.2\n"
        "ERROR: Could not find a version that satisfies the requirement torch==2.1.2+cu118\n"
        "ERROR: No matching distribution found for torch==2.1.2+cu118\n"
    )
    assert (failure.kind, failure.name) == (INSTALLER, "pip")
    assert (
        failure.message.split("\n")[-1] == "No matching distribution found for torch==2.1.2+cu118"
    )
    assert (failure.start, failure.end) == (0, 2)


def test_pip_conflict() -> None:
    failure = only(
        "ERROR: Cannot install a because these package versions have conflicting dependencies.\n"
        "\n"
        "The conflict is caused by:\n"
        "    gym 0.14.0 depends on cloudpickle~=1.2.0\n"
        "\n"
        "ERROR: ResolutionImpossible: for help visit https://pip.example/x\n"
    )
    assert "gym 0.14.0 depends on cloudpickle~=1.2.0" in failure.message
    assert failure.end == 5


def test_pip_resolver_after_install() -> None:
    failure = only(
        "ERROR: pip's dependency resolver does not currently take into account all the packages "
        "that are installed.\n"
        "numba 0.60.0 requires numpy<2.1,>=1.22, but you have numpy 2.3.5 which is incompatible.\n"
        "Successfully installed numpy-2.3.5\n"
    )
    assert failure.message.endswith("which is incompatible.")


BUILD = """  error: subprocess-exited-with-error

  × python setup.py bdist_wheel did not run successfully.
  │ exit code: 1
  ╰─> [12 lines of output]
      building 'box2d' extension
      a.c:3:10: fatal error: Python.h: No such file or directory
      compilation terminated.
      error: command '/usr/bin/x86_64-linux-gnu-gcc' failed with exit code 1
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
  ERROR: Failed building wheel for box2d-py
ERROR: Could not build wheels for box2d-py, which is required to install"""


def test_pip_around_a_compiler() -> None:
    failures = found(BUILD)
    first = [each for each in failures if each.role == INITIATING]
    assert [(each.kind, each.name) for each in first] == [(COMPILER, "gcc")]
    assert first[0].message.startswith("Python.h: No such file or directory")
    assert all(each.role == WRAPPER for each in failures if each is not first[0])
    report = failures[0]
    assert report.name == "pip" and failures[report.parent] is first[0]


def test_pip_around_unknown_output_keeps_it() -> None:
    report, second = found(
        "  error: subprocess-exited-with-error\n"
        "  \n"
        "  × python setup.py egg_info did not run successfully.\n"
        "  ╰─> [15 lines of output]\n"
        "      The 'sklearn' PyPI package is deprecated, use 'scikit-learn'\n"
        "      [end of output]\n"
        "error: metadata-generation-failed\n"
    )
    assert report.role == INITIATING
    assert "is deprecated, use 'scikit-learn'" in report.message
    assert (second.role, second.parent) == (WRAPPER, 0)


@pytest.mark.parametrize(
    "text",
    [
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because torch==2.3.1 has no wheels with a matching Python\n"
        "      implementation, we can conclude that it cannot be used.\n",
        "error: No solution found when resolving dependencies\n"
        "  cause: Because torch==2.3.1 has no wheels with a matching Python\n"
        "      implementation, we can conclude that it cannot be used.\n",
    ],
)
def test_uv_text_is_joined(text: str) -> None:
    failure = only(text)
    assert (failure.kind, failure.name) == (INSTALLER, "uv")
    assert "matching Python implementation, we can conclude" in failure.message
    assert failure.end == 2


def test_uv_error_with_cause() -> None:
    failure = only(
        "Resolved 1 package in 1.59s\nerror: Failed to determine installation plan\n"
        "  Caused by: A URL dependency is incompatible with the current platform: x.whl\n"
    )
    assert failure.name == "uv"
    assert "incompatible with the current platform" in failure.message


def test_conda_mamba_apt_npm() -> None:
    failure = only(
        "Solving environment: failed\n\n"
        "PackagesNotFoundError: The following packages are not available from current channels:\n\n"
        "  - cudatoolkit=12.9\n"
    )
    assert (failure.kind, failure.name) == (INSTALLER, "conda.PackagesNotFoundError")
    assert "cudatoolkit=12.9" in failure.message
    assert only("error    libmamba Could not solve for environment specs\n").name == "conda"
    failure = only(
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 13908\n"
        "E: Unable to acquire the dpkg frontend lock\n"
    )
    assert (failure.name, failure.message.count("\n")) == ("apt", 1)
    assert (
        only("npm ERR! code ERESOLVE\nnpm ERR! unable to resolve dependency tree\n").name == "npm"
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("src/cuda.hpp:14:10: fatal error: cuda.h: No such file or directory", "gcc"),
        ('/w/kernel.cu(12): error: identifier "x" is undefined', "nvcc"),
        ("nvcc fatal   : Unsupported gpu architecture 'compute_30'", "nvcc"),
        ("x.cpp(3): error C2065: 'y': undeclared identifier", "msvc"),
        ("/usr/bin/ld: cannot find -lcuda", "ld"),
        ("main.cpp:(.text+0x1f): undefined reference to `foo()'", "ld"),
        ("ninja: build stopped: subcommand failed.", "ninja"),
        ("make: *** [Makefile:4: all] Error 2", "make"),
        ("CMake Error: The source directory does not exist.", "cmake"),
    ],
)
def test_compilers(line: str, name: str) -> None:
    failure = only(line)
    assert (failure.kind, failure.name, failure.role) == (COMPILER, name, INITIATING)


def test_cmake_message_and_make_around_it() -> None:
    cmake, make = found(
        "CMake Error at CMakeLists.txt:12 (find_package):\n"
        "  Could not find a package configuration file provided by\n"
        '  "Eigen3".\n'
        "\n"
        "-- Checking\n"
        "make: *** [Makefile:2: all] Error 1\n"
    )
    assert '"Eigen3"' in cmake.message
    assert (make.role, make.parent, make.exit_code) == (WRAPPER, 0, 1)


TABLE = """torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
=======================================================
train.py FAILED
-------------------------------------------------------
Failures:
[1]:
  rank      : 1 (local_rank: 1)
  exitcode  : -15 (pid: 15252)  (SIGTERM)
-------------------------------------------------------
Root Cause (first observed failure):
[0]:
  time      : 2026-11-20_12:55:55
  host      : localhost
  rank      : 3 (local_rank: 3)
  exitcode  : {code} (pid: 15254){signal}
  error_file: <N/A>
  traceback : {trace}
======================================================="""


def test_torchrun_table_with_a_signal() -> None:
    failures = found(
        TABLE.format(
            code=-9, signal="  (SIGKILL)", trace="Signal 9 (SIGKILL) received by PID 15254"
        )
    )
    by_kind = {each.kind: each for each in failures}
    assert by_kind[EXCEPTION].role == WRAPPER
    assert (by_kind[LAUNCHER].role, by_kind[LAUNCHER].rank, by_kind[LAUNCHER].exit_code) == (
        WRAPPER,
        "rank3",
        -9,
    )
    assert (by_kind[KILL].role, by_kind[KILL].signal, by_kind[KILL].rank) == (
        INITIATING,
        "SIGKILL",
        "rank3",
    )
    assert len(failures) == 3


def test_torchrun_table_with_an_exit_status() -> None:
    failures = found(TABLE.format(code=1, signal="", trace="To enable traceback see: https://x"))
    assert {each.role for each in failures} == {WRAPPER}
    assert failures[-1].exit_code == 1


@pytest.mark.parametrize(
    ("line", "name", "status"),
    [
        ("[ERROR] [launch.py:325:sigkill_handler] ['/v/bin/python', 'train.py'] exits with ret"
         "urn code = 1",
         "deepspeed", 1),
        ("srun: error: node01: task 3: Exited with exit code 1", "srun", 1),
        ("MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD with errorcode 1",
        "mpirun", 1),
    ],
)  # fmt: skip
def test_launchers(line: str, name: str, status: int) -> None:
    failure = only(line)
    assert (failure.kind, failure.name, failure.exit_code, failure.role) == (
        LAUNCHER,
        name,
        status,
        WRAPPER,
    )


def test_a_child_that_died_of_a_signal_is_a_failure_of_its_own() -> None:
    wrapper, child = found(
        "Traceback (most recent call last):\n"
        '  File "/v/lib/python3.10/site-packages/accelerate/commands/launch.py", line 986, in '
        "launch\n"
        "    simple_launcher(args)\n"
        "subprocess.CalledProcessError: Command '['python', 'train.py']' died with <Signals.SI"
        "GKILL: 9>.\n"
    )
    assert (wrapper.role, wrapper.parent) == (WRAPPER, 1)
    assert (child.kind, child.signal, child.role) == (KILL, "SIGKILL", INITIATING)


@pytest.mark.parametrize(
    ("line", "name", "message"),
    [
        ("ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8080): "
         "address already in use",
         "port", "[Errno 98] error while"),
        ("fatal: detected dubious ownership in repository at '/home/ada/repo'", "git",
        "detected dubious"),
        ("docker: Error response from daemon: could not select device driver \"\"", "docker",
        "Error response"),
        ("Error: listen EADDRINUSE: address already in use :::3000", "node", "listen EADDRINUSE"),
        ('Exception in thread "main" java.lang.NoClassDefFoundError: x', "java",
        "java.lang.NoClass"),
        ("thread 'main' panicked at src/main.rs:4:5:", "rust", "src/main.rs"),
        ("Failed to initialize NVML: Driver/library version mismatch", "nvidia-smi",
        "Failed to initialize"),
        ("OMP: Error #15: Initializing libomp.dylib, but found libiomp5.dylib", "OMP",
        "OMP: Error #15"),
        ("CUDA error: no kernel image is available for execution on the device", "CUDA",
        "CUDA error"),
        ("[Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=12)", "NCCL",
        "[Rank 0]"),
        ("main.run - ERROR - dataset is empty", "ERROR", "dataset is empty"),
        ("[ERROR] dataset is empty", "ERROR", "dataset is empty"),
        ("CRITICAL:root:dataset is empty", "CRITICAL", "root:dataset"),
        ("ERROR    | __main__:<module>:12 - dataset is empty", "ERROR", "dataset is empty"),
        ("E1120 12:40:00.171904 140471598848896 program.py:300] dataset is empty", "ERROR",
        "dataset is empty"),
        ('time="2024-01-01" level=fatal msg="dataset is empty"', "fatal", "dataset is empty"),
        ("wandb: ERROR dataset is empty", "ERROR", "dataset is empty"),
    ],
)  # fmt: skip
def test_log_lines(line: str, name: str, message: str) -> None:
    failure = only(f"starting\n{line}\n")
    assert (failure.kind, failure.name) == (LOG, name)
    assert failure.message.startswith(message)
    assert failure.role == INITIATING


def test_log_line_with_an_exception() -> None:
    failure = only("trainer - ERROR - ValueError: bad shape")
    assert (failure.kind, failure.name, failure.message) == (EXCEPTION, "ValueError", "bad shape")


def test_repeated_log_lines_once() -> None:
    assert len(found("\n".join(f"ERROR: worker {number} is gone" for number in range(50)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "error_rate: 0.1\nERROR_LOG=/tmp/x\nno ERROR found",
        "DEBUG uv 0.5.18\nResolved 3 packages in 10ms\nInstalled 3 packages",
        "Successfully installed a-1.0",
        "x.py:12: UserWarning: no such option\n  warnings.warn('error')",
        "make: Nothing to be done for 'all'.",
        "warning: unused variable: `x`",
    ],
)
def test_ordinary_lines(text: str) -> None:
    assert found(text) == ()


def test_ninja_names_the_target_before_the_compiler_speaks() -> None:
    target, error, stopped = found(
        "FAILED: rasterizer.o\n"
        "/usr/local/cuda/bin/nvcc -c rasterizer.cu -o rasterizer.o\n"
        'rasterizer.cu(12): error: identifier "x" is undefined\n'
        "ninja: build stopped: subcommand failed.\n"
    )
    assert (target.role, error.role, stopped.role) == (WRAPPER, INITIATING, WRAPPER)
    assert (target.parent, stopped.parent) == (1, 1)


def test_extension_that_was_not_built_wraps_the_compiler() -> None:
    error, raised = found(
        "/usr/bin/ld: cannot find -lcurand: No such file or directory\n"
        "RuntimeError: Error building extension 'cpu_adam'\n"
    )
    assert (error.role, raised.role, raised.parent) == (INITIATING, WRAPPER, 0)


def test_refusals_of_launchers() -> None:
    for line in (
        "sbatch: error: Batch job submission failed: Invalid generic resource (gres) specification",
        "mpirun has detected an attempt to run as root.",
        "There are not enough slots available in the system to satisfy the 8",
    ):
        failure = only(line)
        assert (failure.kind, failure.role) == (LAUNCHER, INITIATING)


def test_build_of_uv_wraps_what_the_backend_raised() -> None:
    report, inner = found(
        "  × Failed to build `fancy-attn==1.2.0`\n"
        "  ├─▶ The build backend returned an error\n"
        "  ╰─▶ Call to `setuptools.build_meta` failed (exit status: 1)\n"
        "\n"
        "      [stderr]\n"
        "      Traceback (most recent call last):\n"
        '        File "<string>", line 14, in <module>\n'
        "      ModuleNotFoundError: No module named 'torch'\n"
    )
    assert (report.name, report.role, report.parent) == ("uv", WRAPPER, 1)
    assert (inner.name, inner.role) == ("ModuleNotFoundError", INITIATING)


@pytest.mark.parametrize(("after", "role"), [(0, INITIATING), (9, ADVICE)])
def test_native_libraries_complain_and_go_on(after: int, role: str) -> None:
    text = (
        "E external/xla/cuda_dnn.cc:522] Loaded runtime CuDNN library: 9.1.0 but 9.3.0 is needed\n"
    )
    assert only(text + "something else\n" * after).role == role
    assert (
        found("E0000 00:00:1754.1 77 cuda_dnn.cc:8310] Unable to register cuDNN factory: x") == ()
    )
