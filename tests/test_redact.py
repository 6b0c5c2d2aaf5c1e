"""What the redactor hides, what it leaves, and that its tokens are stable."""
# ruff: noqa: E501 (a line of a log is easier to read in one line)

from __future__ import annotations

import time

import pytest

from troubleshoot.errors import ReportError
from troubleshoot.redact import Redactor, summary

HF = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh"


def hide(text: str) -> str:
    return Redactor().redact(text)


def test_same_secret_same_token_over_several_texts():
    redactor = Redactor()
    first = redactor.redact('  File "/home/ada/lerobot/train.py", line 3, in main')
    second = redactor.redact("/Users/ada/x and /home/grace/y")
    assert first == '  File "/home/<user-1>/lerobot/train.py", line 3, in main'
    assert second == "/Users/<user-1>/x and /home/<user-2>/y"


def test_paths_stay_useful():
    path = (
        "/home/ada/miniforge3/envs/lerobot/lib/python3.10/site-packages/torch/nn/modules/module.py"
    )
    assert hide(path) == path.replace("ada", "<user-1>")


@pytest.mark.parametrize(
    "path",
    [
        r"C:\Users\ada\AppData\Local\Temp\x.dll",
        r"'C:\\Users\\ada\\AppData'",
        "C:/Users/ada/anaconda3/python.exe",
        "/mnt/c/Users/ada/x.py",
        "/Users/ada/Desktop/x.py",
        "file:///home/ada/x.py",
        "host.example.com:/home/ada/x.py",
        r"\\wsl$\Ubuntu\home\ada\x.py",
        "/data/home/ada/x.py",
        "/global/homes/a/ada/x.py",
        "-I/home/ada/include",
        "_home_ada_.cache_huggingface_datasets.lock",
        "/tmp/torchinductor_ada/ab/c.py",
        "~ada/x.py",
        "USER=ada",
        "drwxr-xr-x 2 ada ada 4096 Nov  2 10:12 out",
        "uid=1000(ada) gid=1000(ada) groups=1000(ada),27(sudo)",
    ],
)
def test_user_names_of_every_system(path):
    assert "ada" not in hide(path).replace("<user-1>", "")


def test_windows_name_with_a_space():
    assert hide(r"C:\Users\Ada Lovelace\rl\a.py") == r"C:\Users\<user-1>\rl\a.py"


@pytest.mark.parametrize(
    "text",
    [
        "/home/user/x.py", "/home/ubuntu/x.py", "/root/x.py", "/home/runner/x.py",
        "/home/<user-1>/x.py", "/home/$USER/x", "C:\\Users\\Public\\x", "/content/drive/x.py",
        "src/home/index.js", "https://example.com/home/page", "https://example.com/users/123/repos",
        "site-packages/foo/bar/home/thing/x.py",
    ],
)  # fmt: skip
def test_names_that_say_nothing_stay(text):
    assert hide(text) == text


KEPT = """\
torch==2.5.1+cu124 torchvision-0.20.1 nvidia-cudnn-cu12==9.1.0.70 tensorrt 10.0.1.6
Successfully installed nvidia-cublas-cu12-12.4.5.8 opencv-python-4.10.0.84
opencv-python             4.10.0.84
cuDNN version 8.9.2.26, Chrome/120.0.0.0, driver 550.54.15
ImportError: libcudnn_ops_infer.so.8.9.2: cannot open shared object file
commit 9fceb02d0ae598e95dc970b74767f19372d61af8
HEAD is now at 3f2c1a9
sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x512 and 768x10)
CUDA error 802: system not yet initialized; NCCL error 5; [Errno 111]
pad_token=<pad> eos_token='</s>' bos_token_id=1 max_tokens=512 tokens: 524288
{'image_token': '<image>', 'use_auth_token': True, 'token': None, 'hf_token': None}
KeyError: 'model.layers.0.self_attn.q_proj.weight'
Missing key(s) in state_dict: "backbone.conv1.weight", "head.bias".
Unexpected key(s) in state_dict: "module.fc.weight".
key=observation.images.top action_key='action' image_key: observation.image
num_key_value_heads: 8, key_padding_mask=None, attention_key_dim: 64
author: someone wrote it; authors=3; tokenizer=LlamaTokenizerFast(name_or_path='x')
password: , password=None, password=getpass.getpass(), token=os.environ["HF_TOKEN"]
HF_TOKEN=$HF_TOKEN python train.py --token $HF_TOKEN --tokenizer gpt2
OMP_NUM_THREADS=8 PWD=/workspace MASTER_ADDR=localhost MASTER_PORT=29500
tcp://127.0.0.1:29500 0.0.0.0:8080 http://localhost:6006/ [::1]:29500
https://huggingface.co/lerobot/act_aloha https://pytorch.org/docs/stable/x.html
https://download.pytorch.org/whl/cu124 git+https://github.com/huggingface/lerobot.git@main
git@github.com:huggingface/lerobot.git
c10::Error at::native::add std::__1::basic_string at 12:34:56 PCI 0000:65:00.0
Epoch 3: loss=0.231, lr=3e-4, 10.11it/s, ETA 0:00:41
W0000 00:00:1731.123 gpu_device.cc:2344] Cannot dlopen some GPU libraries
threading.local() at 0x7f3c2a1b4c10 in torch._C.internal, cuda.home is set, cfg.private
sk-learn-estimator-checks test_sk-estimators mAP@50 recall@k memcpy@GLIBC_2.14
You need to pass a token having permission to this repo
ValueError: password: must be given; secret is required
Resolving data files: 100% and Resolving dependencies
serial port /dev/ttyACM0, /dev/ttyUSB0; SerialException(2)
step 1.2.3 of 4, section 3.1.4.1, key: value, secret sauce
"""


@pytest.mark.parametrize("line", KEPT.splitlines())
def test_useful_text_survives(line):
    assert hide(line) == line


def test_ssh_line_with_its_password_beside():
    note = "ssh -p 50004 ubuntu@connect.cloudlab.cn\n密码：Xy7Hk2pQ\n"
    assert hide(note) == "ssh -p <port-1> <user-1>@<host-1>\n密码：<password-1>\n"


@pytest.mark.parametrize(
    "beside", ["  Xy7Hk2pQ", "\nXy7Hk2pQ", "\npassword: Xy7Hk2pQ", " / Xy7Hk2pQ"]
)
def test_password_beside_ssh_in_any_place(beside):
    assert "Xy7Hk2pQ" not in hide(f"ssh -p 50004 ada@10.0.0.7{beside}\nnvidia-smi\n")


def test_what_follows_an_ssh_line_stays():
    text = 'ssh ada@10.0.0.7\nTraceback (most recent call last):\n  File "a.py", line 3'
    assert hide(text).split("\n", 1)[1] == text.split("\n", 1)[1]


def test_secret_found_by_name_is_hidden_where_it_has_none():
    text = "password=Tr0ub4dor&3x\nlogin failed for key Tr0ub4dor&3x today"
    assert "Tr0ub4dor" not in hide(text)


def test_learn_hides_what_only_a_later_text_gives_away():
    redactor = Redactor()
    redactor.learn("export DB_PASSWORD='Corr3ctHorse'")
    assert redactor.redact("auth failed: Corr3ctHorse") == "auth failed: <password-1>"


def test_user_name_is_hidden_as_folder_and_word_but_not_inside_names():
    text = "/home/ada/x\n/scratch/ada/y\nrun by ada\ntext-embedding-ada-002 adamw canada"
    assert hide(text) == (
        "/home/<user-1>/x\n/scratch/<user-1>/y\nrun by <user-1>\n"
        "text-embedding-ada-002 adamw canada"
    )


def test_user_named_like_a_folder_does_not_spread():
    assert hide("/home/torch/x /opt/torch/lib") == "/home/<user-1>/x /opt/torch/lib"


def test_control_sequences_do_not_hide_a_secret():
    assert HF not in hide(f"\x1b[32m{HF}\x1b[0m token=\x1b[33mhf_\x1b[0m")
    assert hide(f"\x1b[32m{HF}\x1b[0m") == "<hf-token-1>"


def test_key_block_is_hidden_and_the_text_after_it_stays():
    text = (
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n"
        "QyNTUxOQAAACBabcdefabcdefabcdefabcdefabcd\n-----END OPENSSH PRIVATE KEY-----\nloss=0.3"
    )
    assert hide(text) == (
        "-----BEGIN OPENSSH PRIVATE KEY-----<private-key-1>\n"
        "-----END OPENSSH PRIVATE KEY-----\nloss=0.3"
    )


def test_cut_off_key_block():
    text = (
        "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 3 + "step 3 done"
    )
    hidden = hide(text)
    assert "MIIE" not in hidden and hidden.endswith("\nstep 3 done")


def test_workers_stay_distinguishable():
    text = "node-a1:12:13 [0] NCCL INFO x\nnode-b2:12:13 [1] NCCL INFO x\nnode-a1:12:14 [0] NCCL INFO y"
    assert [line.split(":")[0] for line in hide(text).split("\n")] == [
        "<host-1>", "<host-2>", "<host-1>",
    ]  # fmt: skip


def test_redacting_twice_changes_nothing():
    once = hide(f"ada@lab-box:~$ HF_TOKEN={HF} python /home/ada/x.py 10.0.0.3 --password hunter22")
    assert Redactor().redact(once) == once


def test_found_lists_kinds_counts_and_positions_without_values():
    redactor = Redactor()
    redactor.redact(f"x\n  {HF} and {HF}\n/home/ada/x", where="log")
    token, user = redactor.found
    assert (token.kind, token.token, token.count) == ("hf-token", "<hf-token-1>", 2)
    assert token.positions == (("log", 2, 3), ("log", 2, 45))
    assert user.positions == (("log", 3, 7),)
    listing = "\n".join(summary(redactor.found, places=True))
    assert HF not in listing and "ada" not in listing and "log:2:45" in listing


def test_extra_pattern_and_its_error():
    redactor = Redactor(extra_patterns=[r"project-(\w+)"])
    assert redactor.redact("run of project-condor") == "run of project-<extra-1>"
    with pytest.raises(ReportError, match="--redact-extra"):
        Redactor(extra_patterns=["("])


def test_known_users_and_hosts_of_the_machine():
    redactor = Redactor(known_users=["mei"], known_hosts=["atlas"])
    assert redactor.redact("mei started it on atlas") == "<user-1> started it on <host-1>"
    assert Redactor(known_users=["root", "torch"]).redact("root torch") == "root torch"


def test_data_is_judged_with_its_keys():
    redactor = Redactor()
    data = {
        "env.variable(WANDB_API_KEY)": "0123456789abcdef0123456789abcdef01234567",
        "python.executable": "/home/ada/env/bin/python",
        "storage.free(/home/ada)": 12,
        "nested": [{"password": "hunter22"}],
        "torch.version": "2.5.1",
        "package.version(nvidia-cudnn-cu12)": "9.1.0.70",
    }
    hidden = redactor.redact_data(data)
    text = str(hidden)
    assert "0123456789abcdef" not in text and "hunter22" not in text and "ada" not in text
    assert hidden["torch.version"] == "2.5.1"
    assert hidden["package.version(nvidia-cudnn-cu12)"] == "9.1.0.70"
    assert hidden["storage.free(/home/<user-1>)"] == 12


@pytest.mark.parametrize(
    "text",
    [
        "password=" * 20_000, "a@" * 40_000, "ssh -p " * 20_000, "x" * 300_000, "://" * 50_000,
        "1.2.3." * 50_000, "-----BEGIN PRIVATE KEY-----" * 3_000, "aa:" * 60_000, "/home/" * 40_000,
        "token: \\\\\\\"" * 20_000, "\x00\ud800\udfff" * 1000, "eyJ" * 60_000, "İ" * 3000 + HF,
        "http://a:" + "b@" * 40_000, "user@host:" * 20_000, "_home_" * 30_000, "sk-" * 50_000,
        "drwxr-xr-x " * 10_000, "key=" + "a.b_" * 30_000, "groups=1(a)," + "1(a)," * 20_000,
    ],
)  # fmt: skip
def test_hostile_text_is_quick_and_harmless(text):
    started = time.perf_counter()
    hidden = hide(text)
    assert time.perf_counter() - started < 4
    assert HF not in hidden
