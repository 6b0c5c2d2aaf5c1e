"""Python tracebacks in all the forms in which people paste them."""

from __future__ import annotations

import pytest
from finding import found, only

from troubleshoot.document import Document
from troubleshoot.failure import (
    ADVICE,
    CASCADE,
    EXCEPTION,
    INITIATING,
    SYNTAX,
    TEARDOWN,
    WRAPPER,
)
from troubleshoot.failures import find


def test_frames_code_and_message() -> None:
    failure = only(
        "loading\n"
        "Traceback (most recent call last):\n"
        '  File "/home/ada/train.py", line 39, in <module>\n'
        "    main()\n"
        '  File "/home/ada/venv/lib/python3.11/site-packages/torch/cuda/__init__.py", line 522'
        ", in _lazy_init\n"
        '    raise AssertionError("Torch not compiled with CUDA enabled")\n'
        "AssertionError: Torch not compiled with CUDA enabled\n"
        "bye"
    )
    assert (failure.kind, failure.name) == (EXCEPTION, "AssertionError")
    assert failure.message.startswith("Torch not compiled")
    assert (failure.start, failure.line) == (1, 6)
    assert [frame.line for frame in failure.frames] == [39, 522]
    assert failure.frames[0].function == "<module>"
    assert failure.frames[0].code == "main()"
    assert failure.frames[1].package == "torch"
    assert failure.user_frame == failure.frames[0]
    assert failure.frames[1].index == 4


MARKED = """Traceback (most recent call last):
  File "/home/ada/t.py", line 8, in <module>
    train(
    ~~~~~^
        model,
        ^^^^^^
    ...<2 lines>...
        lr=1e-3,
        ^^^^^^^^
    )
    ^
  File "/home/ada/t.py", line 3, in train
    raise ValueError("bad lr")
ValueError: bad lr"""


def test_markers_of_python_311_and_313() -> None:
    failure = only(MARKED)
    assert failure.name == "ValueError"
    assert failure.message == "bad lr"
    assert [frame.line for frame in failure.frames] == [8, 3]
    assert failure.frames[0].code == "train("


def test_repeated_lines_and_cython_frames() -> None:
    failure = only(
        "Traceback (most recent call last):\n"
        '  File "<stdin>", line 1, in f\n'
        '  File "<stdin>", line 1, in f\n'
        "  [Previous line repeated 996 more times]\n"
        '  File "h5py/_objects.pyx", line 54, in h5py._objects.with_phil.wrapper\n'
        "RecursionError: maximum recursion depth exceeded"
    )
    assert failure.name == "RecursionError"
    assert len(failure.frames) == 3
    assert failure.user_frame is None


def test_name_without_message_and_with_module() -> None:
    assert (
        only(
            'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nKeyError'
        ).message
        == ""
    )
    failure = only(
        "Traceback (most recent call last):\n"
        '  File "a.py", line 1, in f\n'
        "    g()\n"
        "cv2.error: OpenCV(4.5.1) window.cpp:651: error: (-2:Unspecified error) not implemented"
    )
    assert failure.name == "cv2.error"
    assert failure.short_name == "error"


def test_user_class_without_error_in_its_name() -> None:
    failure = only(
        "Traceback (most recent call last):\n"
        '  File "/home/ada/nb.py", line 1, in f\n'
        "    raise NoSuchKernel(name)\n"
        "jupyter_client.kernelspec.NoSuchKernel: No such kernel named robot"
    )
    assert failure.name == "jupyter_client.kernelspec.NoSuchKernel"


@pytest.mark.parametrize("name", ["SyntaxError", "IndentationError", "TabError"])
def test_syntax_form(name: str) -> None:
    failure = only(
        f'  File "/home/ada/x.py", line 3\n    print "hi"\n          ^\n{name}: invalid syntax'
    )
    assert failure.kind == SYNTAX
    assert failure.name == name
    assert failure.frames[0].line == 3


@pytest.mark.parametrize(
    "text",
    [
        "/home/ada/venv/bin/python: No module named lerobot.scripts.train",
        "python3.11: No module named lerobot.scripts.train",
        "/usr/bin/python3: Error while finding module specification for 'lerobot.scripts.train' "
        "(ModuleNotFoundError: No module named lerobot.scripts.train)",
        "C:\\Python311\\python.exe: No module named lerobot.scripts.train",
    ],
)
def test_python_minus_m(text: str) -> None:
    failure = only(text)
    assert failure.name == "ModuleNotFoundError"
    assert failure.message == "No module named lerobot.scripts.train"


def test_message_of_several_lines_ends_at_the_prompt() -> None:
    failure = only(
        "Traceback (most recent call last):\n"
        '  File "t.py", line 1, in f\n'
        "    torch.load(p)\n"
        "_pickle.UnpicklingError: Weights only load failed. Two options:\n"
        "\t(1) Re-run with weights_only=False.\n"
        "\n"
        "Check the documentation of torch.load to learn more.\n"
        "ada@host:~$ ls"
    )
    assert failure.message.endswith("to learn more.")
    assert "(1) Re-run" in failure.message
    assert failure.end == 6


@pytest.mark.parametrize(
    "line",
    [
        "2024-01-01 10:00:00 INFO saving",
        "step 200 loss 0.3",
        " 12%|█▏        | 12/100 [00:03<00:20,  3.10it/s]",
        "Killed",
        "wandb: Find logs at: ./wandb/run",
        "make: *** [Makefile:4: train] Error 1",
        "Traceback (most recent call last):",
    ],
)
def test_message_does_not_swallow(line: str) -> None:
    failures = found(
        "Traceback (most recent call last):\n"
        f'  File "t.py", line 1, in f\n    g()\nValueError: a\n{line}\n'
    )
    assert failures[0].message == "a"
    assert failures[0].end == 3


def test_message_before_the_frames() -> None:
    failure = only(
        "Error occurred when executing FluxPromptEnhance:\n"
        "\n"
        "data did not match any variant of untagged enum PyPreTokenizerTypeWrapper\n"
        "\n"
        'File "F:\\ComfyUI\\execution.py", line 283, in execute\n'
        "obj = class_def()\n"
        'File "F:\\ComfyUI\\nodes\\flux.py", line 8, in __init__\n'
        "self.tokenizer = load()"
    )
    assert failure.message.startswith("data did not match")
    assert failure.frames[-1].code == "self.tokenizer = load()"


def test_lost_indentation() -> None:
    failure = only(
        "Traceback (most recent call last):\n"
        'File "train.py", line 10, in <module>\n'
        "main()\n"
        'File "lib/load.py", line 3, in load\n'
        "raise FileNotFoundError(p)\n"
        "FileNotFoundError: data/train.h5"
    )
    assert failure.message == "data/train.h5"
    assert [frame.code for frame in failure.frames] == ["main()", "raise FileNotFoundError(p)"]


def test_truncated_top() -> None:
    failure = only(
        "    loss.backward()\n"
        '  File "/opt/conda/lib/python3.9/site-packages/torch/_tensor.py", line 522, in backward\n'
        "    torch.autograd.backward(\n"
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 244.00 MiB."
    )
    assert failure.name == "torch.cuda.OutOfMemoryError"
    assert len(failure.frames) == 1


def test_bare_last_line_between_log_lines() -> None:
    failure = only("step 10 loss 0.3\ntorch.OutOfMemoryError: CUDA out of memory. Tried\nstep 11")
    assert failure.name == "torch.OutOfMemoryError"
    assert failure.message == "CUDA out of memory. Tried"
    assert not failure.frames


def test_truncated_tail_takes_the_raised_name() -> None:
    failure = only(
        "Traceback (most recent call last):\n"
        '  File "/home/ada/t.py", line 5, in main\n'
        "    raise ChildFailedError("
    )
    assert failure.name == "ChildFailedError"
    assert failure.message == ""


def test_last_line_without_its_type() -> None:
    failure = only(
        "Traceback (most recent call last):\n"
        '  File "/home/ada/venv/lib/python3.11/site-packages/deepspeed/b.py", line 35, in ok\n'
        "    major, _ = installed_cuda_version()\n"
        "CUDA_HOME does not exist, unable to compile CUDA op(s)"
    )
    assert failure.message == "CUDA_HOME does not exist, unable to compile CUDA op(s)"


def test_two_processes_on_one_line() -> None:
    failure = only(
        '  File "/w/init.py", line 89, in go\n'
        "        _compile()_compile()\n"
        "\n"
        '  File "/w/init.py", line 156, in _compile\n'
        '  File "/w/init.py", line 156, in _compile\n'
        "\n"
        "torch.distributedtorch.distributed.DistBackendError.: DistBackendErrorNCCL error in: "
        "x.cpp:1287\n"
        "ncclInvalidUsage: This usually reflects invalid usage of NCCL library.\n"
        "Duplicate GPU detected : rank 3 and rank 2 both on CUDA device e2000"
    )
    assert failure.short_name == "DistBackendError"
    assert "Duplicate GPU detected" in failure.message


CHAIN = """Traceback (most recent call last):
  File "/usr/lib/python3.11/socket.py", line 962, in getaddrinfo
    for res in _socket.getaddrinfo(host, port):
socket.gaierror: [Errno -2] Name or service not known

{link}:

Traceback (most recent call last):
  File "/home/ada/download.py", line 3, in <module>
    requests.get(url)
requests.exceptions.ConnectionError: {message}"""
CAUSE = "The above exception was the direct cause of the following exception"
CONTEXT = "During handling of the above exception, another exception occurred"


@pytest.mark.parametrize(("link", "short"), [(CAUSE, "cause"), (CONTEXT, "context")])
def test_chain_whose_later_part_says_it_again(link: str, short: str) -> None:
    message = "Max retries exceeded (Caused by: [Errno -2] Name or service not known)"
    first, second = found(CHAIN.format(link=link, message=message))
    assert (first.role, second.role) == (INITIATING, WRAPPER)
    assert (second.parent, second.link) == (0, short)


def test_chain_whose_first_part_is_an_inner_detail() -> None:
    first, second = found(
        "Traceback (most recent call last):\n"
        '  File "/v/lib/python3.11/site-packages/PIL/_binary.py", line 98, in i32be\n'
        '    return unpack_from(">I", c, o)[0]\n'
        "struct.error: unpack_from requires a buffer of at least 4 bytes\n"
        "\n"
        f"{CAUSE}:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/home/ada/run.py", line 3, in <module>\n'
        "    Image.open(p).load()\n"
        "OSError: image file is truncated"
    )
    assert (first.role, second.role) == (ADVICE, INITIATING)


def test_fallback_import_leaves_the_last_one() -> None:
    first, second = found(
        "Traceback (most recent call last):\n"
        '  File "/v/lib/python3.11/site-packages/tool/a.py", line 1, in <module>\n'
        "    import tomllib\n"
        "ModuleNotFoundError: No module named 'tomllib'\n"
        "\n"
        f"{CONTEXT}:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/v/lib/python3.11/site-packages/tool/a.py", line 3, in <module>\n'
        "    import tomli\n"
        "ModuleNotFoundError: No module named 'tomli'"
    )
    assert second.role == INITIATING
    assert first.role == ADVICE


GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "/home/ada/g.py", line 10, in <module>
  |     raise ExceptionGroup("many", [e, f])
  | ExceptionGroup: many (3 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/home/ada/g.py", line 6, in <module>
    |     f()
    | ValueError: inner
    | a note
    +---------------- 2 ----------------
    | TypeError: two
    +---------------- 3 ----------------
    | ExceptionGroup: deep (1 sub-exception)
    +-+---------------- 1 ----------------
      | FileNotFoundError: [Errno 2] no
      +------------------------------------"""


def test_exception_group() -> None:
    group, first, second, deep, innermost = found(GROUP)
    assert (group.name, group.role) == ("ExceptionGroup", WRAPPER)
    assert (first.name, first.message, first.role) == ("ValueError", "inner\na note", INITIATING)
    assert (first.parent, first.link) == (0, "group")
    assert (second.name, second.parent) == ("TypeError", 0)
    assert (deep.role, deep.parent) == (WRAPPER, 0)
    assert (innermost.name, innermost.parent) == ("FileNotFoundError", 3)
    assert first.frames[0].line == 6


def test_dataloader_worker() -> None:
    outer, inner = found(
        "Traceback (most recent call last):\n"
        '  File "/home/ada/train.py", line 40, in <module>\n'
        "    for batch in loader:\n"
        "FileNotFoundError: Caught FileNotFoundError in DataLoader worker process 0.\n"
        "Original Traceback (most recent call last):\n"
        '  File "/home/ada/data.py", line 12, in __getitem__\n'
        "    img = Image.open(p)\n"
        "FileNotFoundError: [Errno 2] No such file or directory: 'img/1.png'\n"
    )
    assert (outer.role, outer.parent, outer.link) == (WRAPPER, 1, "cause")
    assert outer.message == "Caught FileNotFoundError in DataLoader worker process 0."
    assert inner.role == INITIATING
    assert inner.user_frame is not None and inner.user_frame.line == 12


def test_ray_task_error() -> None:
    outer, inner = found(
        "Traceback (most recent call last):\n"
        '  File "/home/ada/t.py", line 9, in <module>\n'
        "    ray.get(f.remote())\n"
        "ray.exceptions.RayTaskError(ValueError): ray::f() (pid=4242, ip=10.0.0.5)\n"
        "           ^^^^^^^^^^^^^\n"
        '  File "/home/ada/t.py", line 6, in f\n'
        '    raise ValueError("inner thing")\n'
        "ValueError: inner thing\n"
    )
    assert outer.name == "ray.exceptions.RayTaskError(ValueError)"
    assert outer.role == WRAPPER
    assert (inner.name, inner.message, inner.role) == ("ValueError", "inner thing", INITIATING)


@pytest.mark.parametrize(
    "name",
    [
        "multiprocessing.pool.RemoteTraceback",
        "joblib.externals.loky.process_executor._RemoteTraceback",
    ],
)
def test_remote_traceback(name: str) -> None:
    inner, outer = found(
        f'{name}: \n"""\n'
        "Traceback (most recent call last):\n"
        '  File "/home/ada/pre.py", line 12, in job\n'
        "    return int(x)\n"
        "ValueError: invalid literal for int() with base 10: 'abc'\n"
        '"""\n\n'
        f"{CAUSE}:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/home/ada/pre.py", line 20, in <module>\n'
        "    p.map(job, items)\n"
        "ValueError: invalid literal for int() with base 10: 'abc'"
    )
    assert (inner.role, outer.role) == (INITIATING, WRAPPER)
    assert (outer.parent, outer.link) == (0, "cause")


def test_torch_spawn() -> None:
    outer, inner = found(
        "Traceback (most recent call last):\n"
        '  File "/home/ada/main.py", line 30, in <module>\n'
        "    mp.spawn(run, nprocs=2)\n"
        "torch.multiprocessing.spawn.ProcessRaisedException: \n"
        "\n"
        "-- Process 1 terminated with the following error:\n"
        "Traceback (most recent call last):\n"
        '  File "/home/ada/main.py", line 12, in run\n'
        "    model.cuda(7)\n"
        "RuntimeError: CUDA error: invalid device ordinal\n"
    )
    assert (outer.role, inner.role) == (WRAPPER, INITIATING)
    assert inner.message == "CUDA error: invalid device ordinal"


def test_exception_ignored_is_teardown() -> None:
    ignored, real = found(
        "Exception ignored in: <function BaseEnv.__del__ at 0x7f1>\n"
        "Traceback (most recent call last):\n"
        '  File "/home/ada/e.py", line 3, in __del__\n'
        "    self.close()\n"
        "AttributeError: 'NoneType' object has no attribute 'close'\n"
        "Traceback (most recent call last):\n"
        '  File "/home/ada/m.py", line 1, in <module>\n'
        "    make()\n"
        "ValueError: no env\n"
    )
    assert (ignored.role, real.role) == (TEARDOWN, INITIATING)


def test_child_process_fails_before_its_parent() -> None:
    child, parent = found(
        "Process SpawnProcess-1:\n"
        "Traceback (most recent call last):\n"
        '  File "/home/ada/w.py", line 5, in work\n'
        "    import gymnax\n"
        "ModuleNotFoundError: No module named 'gymnax'\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3.10/multiprocessing/connection.py", line 383, in _recv\n'
        "    raise EOFError\n"
        "EOFError\n"
    )
    assert (child.role, parent.role) == (INITIATING, CASCADE)


TRIED = """Traceback (most recent call last):
  File "/home/ada/t.py", line 1, in <module>
    from torchcodec.decoders import VideoDecoder
RuntimeError: Could not load libtorchcodec. Likely causes:
          1. FFmpeg is not properly installed in your environment.
        The following exceptions were raised as we tried to load libtorchcodec:

[start of libtorchcodec loading traceback]
FFmpeg version 8:
Traceback (most recent call last):
  File "/v/lib/python3.12/site-packages/torch/_ops.py", line 1488, in load_library
    ctypes.CDLL(path)
OSError: libavutil.so.60: cannot open shared object file: No such file or directory

FFmpeg version 7:
OSError: libavutil.so.59: cannot open shared object file: No such file or directory
[end of libtorchcodec loading traceback]."""


def test_ways_that_were_tried_are_alternatives() -> None:
    outer, *tried = found(TRIED)
    assert outer.name == "RuntimeError"
    assert outer.role == INITIATING
    assert "libavutil.so.60" in outer.message and "libavutil.so.59" in outer.message
    assert outer.end == TRIED.count("\n")
    assert [each.name for each in tried] == ["OSError", "OSError"]
    assert {(each.role, each.parent, each.link) for each in tried} == {(ADVICE, 0, "alternative")}


def test_unknown_prefix_before_every_line() -> None:
    failure = only(
        "trainer-7 | Traceback (most recent call last):\n"
        'trainer-7 |   File "/home/ada/t.py", line 9, in <module>\n'
        "trainer-7 |     main()\n"
        "trainer-7 | ValueError: bad\n"
    )
    assert (failure.name, failure.message, len(failure.frames)) == ("ValueError", "bad", 1)


def test_traceback_on_one_line() -> None:
    failure = only(
        '{"exc_info": "Traceback (most recent call last):\\n  File \\"/home/ada/r.py\\", line '
        "14, in save\\n"
        '    write()\\nOSError: [Errno 28] No space left on device"}'
    )
    assert failure.name == "OSError"
    assert failure.message.startswith("[Errno 28] No space left on device")
    assert failure.frames[0].line == 14


def test_ranks_are_read_apart() -> None:
    lines = [
        ("rank0", "Traceback (most recent call last):"),
        ("rank1", "Traceback (most recent call last):"),
        ("rank0", '  File "/home/ada/t.py", line 9, in <module>'),
        ("rank1", '  File "/home/ada/t.py", line 11, in <module>'),
        ("rank1", "    main()"),
        ("rank0", "    main()"),
        ("rank0", "FileNotFoundError: a"),
        ("rank1", "ValueError: b"),
    ]
    count = len(lines)
    document = Document(
        tuple(line for _, line in lines), tuple(range(1, count + 1)),
        tuple(rank for rank, _ in lines), (0,) * count,
    )  # fmt: skip
    first, second = find(document)
    assert (first.rank, first.name, first.frames[0].line) == ("rank0", "FileNotFoundError", 9)
    assert (second.rank, second.name, second.frames[0].line) == ("rank1", "ValueError", 11)
    assert first.frames[0].code == "main()"


@pytest.mark.parametrize(
    "text",
    [
        "epoch 1 loss 0.3\n0 errors, 0 warnings\ntest_error_rate: 0.1\nSaved model",
        "/v/x.py:12: FutureWarning: use y instead\n  warnings.warn(",
        "wandb:       loss 0.05\nwandb: error_rate 0.005",
        "INFO:jax:Unable to initialize backend 'rocm': NOT_FOUND: Could not find platform",
        "Namespace(lr=0.1, error=None)\nModel(\n  (0): Linear()\n)",
        "",
        "\n\n\n",
    ],
)
def test_healthy_text_has_no_failure(text: str) -> None:
    assert found(text) == ()


def test_frames_that_a_terminal_broke() -> None:
    failure = only(
        "Traceback (most recent call last):\n"
        '  File "/home/ada/miniconda3/envs/rl/lib/python3.6/site-packages/tune/trial_runner.py", '
        "line 7\n"
        "39, in _process_trial\n"
        "    results = fetch()\n"
        '  File "/home/ada/miniconda3/envs/rl/lib/python3.6/site-packages/tune/ray_trial_execu\n'
        'tor.py", line 12, in fetch\n'
        "    wait()\n"
        "ValueError: x\n"
    )
    assert [(frame.line, frame.function) for frame in failure.frames] == [
        (739, "_process_trial"),
        (12, "fetch"),
    ]
    assert failure.frames[1].path.endswith("ray_trial_executor.py")


def test_message_ends_with_its_record() -> None:
    lines = (
        "checkpoint failed",
        "Traceback (most recent call last):",
        '  File "/home/ada/r.py", line 14, in save',
        "    write()",
        "OSError: [Errno 28] No space left on device",
        "resume self test",
    )
    (failure,) = find(Document(lines, (8, 8, 8, 8, 8, 9), ("",) * 6, (0,) * 6))
    assert failure.message == "[Errno 28] No space left on device"


def test_names_inside_a_message() -> None:
    failure = only(
        "torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:1691, unhandled "
        "system error\n"
        "ncclSystemError: System call (e.g. socket, malloc) or external library call failed.\n"
        "Last error:\n"
        "Error while creating shared memory segment /dev/shm/nccl-a (size 9637888)\n"
    )
    assert failure.name == "torch.distributed.DistBackendError"
    assert "creating shared memory segment" in failure.message


@pytest.mark.parametrize(
    ("code", "kind", "value"),
    [
        ('state = torch.load("ckpt/best.pt", map_location="cpu")', "path", "ckpt/best.pt"),
        ("data = np.load('x.npy')", "path", "x.npy"),
        ("frames = read(path)", "path", ""),
        ('model.to("cuda:0.5")', "path", ""),
        ("open(f'runs/{name}.json')", "path", ""),
        ('s.bind(("", 8123))', "port", "8123"),
        ("uvicorn.run(app, host='0.0.0.0', port=8000)", "port", "8000"),
        ('init_process_group("nccl", "tcp://localhost:29500")', "port", "29500"),
        ('zmq.bind("tcp://*:5555")', "port", "5555"),
        ("model = build(width=1024)", "port", ""),
        ("port=args.port or 8080.5", "port", ""),
    ],
)
def test_the_failing_line_names_a_value(code: str, kind: str, value: str) -> None:
    failure = only(
        "Traceback (most recent call last):\n"
        f'  File "/home/ada/train.py", line 39, in <module>\n    {code}\n'
        '  File "/usr/lib/python3.11/site-packages/torch/serialization.py", line 9, in load\n'
        '    open("inner.bin")\n'
        "EOFError: Ran out of input\n"
    )
    assert failure.named(kind) == value
