"""Made-up secrets of every kind, planted in lines as logs, notes and configurations have them.

Everything here is drawn from a seeded generator; no value was ever in use.
"""
# ruff: noqa: E501 (a planted line is easier to read in one line)

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable, Iterator

LETTERS = string.ascii_letters
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
URLSAFE = ALNUM + "-_"

_FIRST = (
    "alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil "
    "trent victor walter wei xiaoming zhangsan lihua yuki haruto minjun sofia lukas mateo priya "
    "arjun fatima omar ingrid bjorn kasia tomasz aleksei natalia"
)
_LAST = (
    "smith jones brown garcia miller davis wang chen liu zhang kim park tanaka sato mueller weber "
    "rossi novak kowalski ivanov patel singh nguyen tran silva costa dubois"
)
FIRST, LAST = _FIRST.split(), _LAST.split()


class Maker:
    """Draws made-up secrets."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, letters: str, count: int) -> str:
        return "".join(self.random.choice(letters) for _ in range(count))

    def some(self, items):
        return self.random.choice(items)

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def user(self) -> str:
        first, last = self.some(FIRST), self.some(LAST)
        return self.some(
            (first, first + last[0], f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}",
             f"{last}{self.number(1, 99)}", f"{first}-{last}", f"{first.title()}{last.title()}")
        )  # fmt: skip

    def host(self) -> str:
        return self.some(
            (
                f"{self.some(FIRST)}-workstation",
                f"gpu{self.number(1, 99):02d}.{self.some(LAST)}lab.edu",
                f"{self.some(LAST)}-dgx-{self.number(1, 40)}",
                f"node{self.number(100, 999)}.cluster.local",
                f"DESKTOP-{self.pick(string.ascii_uppercase + string.digits, 7)}",
                f"{self.some(LAST)}-server{self.number(2, 9)}",
                f"{self.some(FIRST)}s-MacBook-Pro.local",
            )
        )

    def password(self) -> str:
        length = self.number(8, 16)
        core = self.pick(ALNUM, length) + self.some("!#%^_-+.~")
        return self.pick(LETTERS, 2) + core + self.some(string.digits) + self.some(ALNUM)

    def private_ip(self) -> str:
        return self.some(
            (
                f"10.{self.number(0, 255)}.{self.number(0, 255)}.{self.number(1, 254)}",
                f"192.168.{self.number(0, 255)}.{self.number(1, 254)}",
                f"172.{self.number(16, 31)}.{self.number(0, 255)}.{self.number(1, 254)}",
            )
        )

    def public_ip(self) -> str:
        return ".".join(
            str(part)
            for part in (self.number(31, 99), self.number(0, 255), self.number(0, 255),
                         self.number(1, 254))
        )  # fmt: skip

    def uuid(self) -> str:
        return "-".join(self.pick(HEX, size) for size in (8, 4, 4, 4, 12))

    def base64(self, size: int) -> str:
        return base64.b64encode(self.random.randbytes(size)).decode()


# Where a token with a form of its own may stand.
TOKEN_LINES = (
    "export {name}={it}",
    "+ {name}={it}",
    "{name} = '{it}'",
    '{name}: "{it}"',
    "  {name}: {it}",
    '{{"{lower}": "{it}", "epochs": 3}}',
    "{{'{lower}': '{it}', 'lr': 0.001}}",
    "python train.py --{flag} {it} --lr 3e-4",
    "python train.py --{flag}={it} --lr 3e-4",
    "Namespace(lr=0.001, {lower}='{it}', seed=1)",
    "INFO:root:using {it} for the upload",
    "[2026-11-02 10:12:44] request failed, token {it}, retrying",
    "Authorization: Bearer {it}",
    "│   {lower} = '{it}'                                   │",
    "curl -H 'Authorization: Bearer {it}' https://api.example.com/v1/models",
    '{{\\"{lower}\\": \\"{it}\\"}}',
    "os.environ['{name}'] = '{it}'",
    'os.environ.get("{name}", "{it}")',
    "ValueError: invalid credentials: {it}",
    "https://api.example.com/v1/runs?{lower}={it}&limit=3",
    "\x1b[32m{name}\x1b[0m=\x1b[33m{it}\x1b[0m",
    "git clone https://oauth2:{it}@github.com/acme/private-models.git",
    "Traceback: KeyError: '{it}'",
    "{name}\t{it}",
    "<{lower}>{it}</{lower}>",
    "set {name}={it}",
    '$env:{name} = "{it}"',
    "ENV {name} {it}",
    "      - {name}={it}",
    "{name}=\"{it}\"; python run.py",
)  # fmt: skip


def _token(name: str, make: Callable[[Maker], str]) -> Callable[[Maker], tuple[str, list[str]]]:
    def plant(maker: Maker) -> tuple[str, list[str]]:
        secret = make(maker)
        lower = name.lower()
        line = maker.some(TOKEN_LINES).format(
            name=name, lower=lower, flag=lower.replace("_", "-"), it=secret
        )
        return line, [secret]

    return plant


TOKENS: dict[str, Callable[[Maker], tuple[str, list[str]]]] = {
    "hugging-face": _token("HF_TOKEN", lambda m: "hf_" + m.pick(LETTERS, 34)),
    "openai": _token("OPENAI_API_KEY", lambda m: "sk-" + m.pick(ALNUM, 48)),
    "openai-project": _token("OPENAI_API_KEY", lambda m: "sk-proj-" + m.pick(URLSAFE, 120)),
    "anthropic": _token(
        "ANTHROPIC_API_KEY", lambda m: "sk-ant-api03-" + m.pick(URLSAFE, 93) + "AA"
    ),
    "github": _token(
        "GITHUB_TOKEN", lambda m: m.some(("ghp_", "gho_", "ghs_", "ghu_")) + m.pick(ALNUM, 36)
    ),
    "github-fine": _token(
        "GH_TOKEN", lambda m: "github_pat_" + m.pick(ALNUM, 22) + "_" + m.pick(ALNUM, 59)
    ),
    "gitlab": _token("GITLAB_TOKEN", lambda m: "glpat-" + m.pick(URLSAFE, 20)),
    "aws-id": _token(
        "AWS_ACCESS_KEY_ID", lambda m: "AKIA" + m.pick(string.ascii_uppercase + "234567", 16)
    ),
    "google": _token("GOOGLE_API_KEY", lambda m: "AIza" + m.pick(URLSAFE, 35)),
    "google-oauth": _token("GOOGLE_OAUTH_TOKEN", lambda m: "ya29." + m.pick(URLSAFE, 80)),
    "slack": _token(
        "SLACK_TOKEN",
        lambda m: (
            f"xoxb-{m.pick(string.digits, 12)}-{m.pick(string.digits, 12)}-{m.pick(ALNUM, 24)}"
        ),
    ),
    "jwt": _token(
        "SESSION_JWT",
        lambda m: f"eyJ{m.pick(URLSAFE, 33)}.eyJ{m.pick(URLSAFE, 60)}.{m.pick(URLSAFE, 43)}",
    ),
    "npm": _token("NPM_TOKEN", lambda m: "npm_" + m.pick(ALNUM, 36)),
    "nvidia": _token("NGC_API_KEY", lambda m: "nvapi-" + m.pick(URLSAFE, 64)),
    "groq": _token("GROQ_API_KEY", lambda m: "gsk_" + m.pick(ALNUM, 52)),
    "replicate": _token("REPLICATE_API_TOKEN", lambda m: "r8_" + m.pick(ALNUM, 37)),
    "stripe": _token("STRIPE_KEY", lambda m: "sk_live_" + m.pick(ALNUM, 24)),
    "digitalocean": _token("DO_TOKEN", lambda m: "dop_v1_" + m.pick(HEX, 64)),
    "databricks": _token("DATABRICKS_TOKEN", lambda m: "dapi" + m.pick(HEX, 32)),
    "tailscale": _token(
        "TS_AUTHKEY", lambda m: f"tskey-auth-{m.pick(ALNUM, 12)}-{m.pick(ALNUM, 32)}"
    ),
    "langsmith": _token(
        "LANGSMITH_API_KEY", lambda m: f"lsv2_pt_{m.pick(HEX, 32)}_{m.pick(HEX, 10)}"
    ),
    "neptune": _token("NEPTUNE_API_TOKEN", lambda m: "eyJ" + m.base64(90).rstrip("=")),
}

# Where a secret without a form of its own may stand: its name gives it away.
NAMED_LINES = (
    "export {name}={it}",
    "{name} = '{it}'",
    '{name}: "{it}"',
    "{name}: {it}",
    "  {lower}: {it}",
    '{{"{lower}": "{it}", "epochs": 3}}',
    "{{'{lower}': '{it}', 'lr': 0.001}}",
    "python train.py --{flag} {it} --lr 3e-4",
    "python train.py --{flag}={it} --lr 3e-4",
    "Namespace(lr=0.001, {lower}='{it}', seed=1)",
    "│   {lower} = '{it}'                                   │",
    '{{\\"{lower}\\": \\"{it}\\"}}',
    "os.environ['{name}'] = '{it}'",
    'os.environ.get("{name}", "{it}")',
    "+ export {name}={it}",
    "set {name}={it}",
    '$env:{name} = "{it}"',
    "      - {name}={it}",
    "<{lower}>{it}</{lower}>",
    "https://files.example.com/get?{lower}={it}&part=2",
    "config: lr=3e-4, {lower}={it}, seed=3",
)


def _named(names: tuple[str, ...], make: Callable[[Maker], str]):
    def plant(maker: Maker) -> tuple[str, list[str]]:
        name, secret = maker.some(names), make(maker)
        line = maker.some(NAMED_LINES).format(
            name=name, lower=name.lower(), flag=name.lower().replace("_", "-"), it=secret
        )
        return line, [secret]

    return plant


def _wandb(maker: Maker) -> tuple[str, list[str]]:
    key = maker.pick(HEX, 40)
    line = maker.some(
        (
            f"wandb login {key}",
            f"wandb login --relogin {key}",
            f"export WANDB_API_KEY={key}",
            f"WANDB_API_KEY={key} python train.py",
            f"wandb: Paste an API key from your profile and hit enter, or press ctrl+c to quit: {key}",
            f'wandb.login(key="{key}")',
            f"machine api.wandb.ai\n  login user\n  password {key}",
            f"wandb: Paste an API key from your profile and hit enter:\n{key}",
        )
    )
    return line, [key]


def _url(maker: Maker) -> tuple[str, list[str]]:
    user, password, host = maker.user(), maker.password().replace("#", "x"), maker.host()
    password = password.replace("%", "x").replace("^", "x")
    line = maker.some(
        (
            f"postgresql://{user}:{password}@{host}:5432/experiments",
            f"mongodb+srv://{user}:{password}@{host}/runs?retryWrites=true",
            f"redis://:{password}@{host}:6379/0",
            f"amqp://{user}:{password}@{host}:5672//",
            f"HTTPS_PROXY=http://{user}:{password}@{host}:3128",
            f"Looking in indexes: https://{user}:{password}@{host}:8081/repository/simple",
            f"mysql+pymysql://{user}:{password}@{host}/db",
            f"fatal: unable to access 'https://{user}:{password}@{host}:8443/team/x.git/'",
            f"sqlalchemy.exc.OperationalError: (psycopg2) could not connect to "
            f"postgresql://{user}:{password}@{host}/mlflow",
        )
    )
    return line, [each for each in (password, user, host) if each in line]


def _connection(maker: Maker) -> tuple[str, list[str]]:
    password, user, host = maker.password(), maker.user(), maker.host()
    key = maker.base64(64)
    line, secrets = maker.some(
        (
            (
                f"Server=tcp:{host},1433;Database=runs;User ID={user};Password={password};",
                [password],
            ),
            (
                f"DefaultEndpointsProtocol=https;AccountName=store;AccountKey={key};"
                "EndpointSuffix=core.windows.net",
                [key],
            ),
            (f"host={host} port=5432 dbname=ml user={user} password={password}", [password]),
            (f"jdbc:postgresql://db.example.com/ml?user={user}&password={password}", [password]),
            (f"machine files.example.com login {user} password {password}", [password]),
            (f"mysql -u {user} -p{password} runs < dump.sql", [password]),
            (f"sshpass -p '{password}' ssh {user}@{host} nvidia-smi", [password, user, host]),
            (f"echo {password} | sudo -S systemctl restart docker", [password]),
            (f"curl -u {user}:{password} https://files.example.com/a.zip", [password]),
            (f"docker login -u {user} -p {password} registry.example.com", [password]),
        )
    )
    return line, secrets


def _basic(maker: Maker) -> tuple[str, list[str]]:
    encoded = base64.b64encode(f"{maker.user()}:{maker.password()}".encode()).decode()
    line = maker.some(
        (
            f"Authorization: Basic {encoded}",
            f"{{'Authorization': 'Basic {encoded}', 'Accept': '*/*'}}",
            f"> authorization: basic {encoded}",
        )
    )
    return line, [encoded]


def _block(maker: Maker) -> tuple[str, list[str]]:
    body = [maker.pick(ALNUM + "+/", 64) for _ in range(6)]
    label = maker.some(
        ("RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY",
         "PGP PRIVATE KEY BLOCK", "ENCRYPTED PRIVATE KEY")
    )  # fmt: skip
    form = maker.number(0, 3)
    begin, end = f"-----BEGIN {label}-----", f"-----END {label}-----"
    if form == 0:
        text = "\n".join((begin, *body, end))
    elif form == 1:
        text = '{"private_key": "' + "\\n".join((begin, *body, end)) + '\\n"}'
    elif form == 2:
        text = "\n".join("    " + each for each in (begin, *body, end))
    else:
        text = "\n".join((begin, *body))  # cut off
    return text, body


def _ssh(maker: Maker) -> tuple[str, list[str]]:
    user, password, port = maker.user(), maker.password(), str(maker.number(20000, 60000))
    host = maker.some((maker.host(), maker.public_ip(), f"connect.{maker.some(LAST)}cloud.com"))
    line, secrets = maker.some(
        (
            (f"ssh -p {port} {user}@{host}\n密码：{password}", [port, user, host, password]),
            (f"ssh -p {port} {user}@{host}\npassword: {password}", [port, user, host, password]),
            (f"ssh -p {port} {user}@{host}  {password}", [port, user, host, password]),
            (f"ssh -p {port} {user}@{host}\n{password}", [port, user, host, password]),
            (
                f"登录指令：ssh -p {port} {user}@{host}\n密码:{password}",
                [port, user, host, password],
            ),
            (f"scp -P {port} model.pt {user}@{host}:/data/", [port, user, host]),
            (f"rsync -avz -e 'ssh -p {port}' out/ {user}@{host}:~/out/", [port, user, host]),
            (f"$ ssh {user}@{host} 'nvidia-smi'", [user, host]),
            (f"ssh -L 6006:localhost:6006 -p {port} {user}@{host}", [port, user, host]),
            (f"ssh -p {port} {user}@{host} 密码 {password}", [port, user, host, password]),
        )
    )
    return line, secrets


def _home(maker: Maker) -> tuple[str, list[str]]:
    user = maker.user()
    spaced = f"{maker.some(FIRST).title()} {maker.some(LAST).title()}"
    line, secret = maker.some(
        (
            (f'  File "/home/{user}/lerobot/train.py", line 31, in main', user),
            (f'  File "/Users/{user}/Desktop/rl/ppo.py", line 7, in <module>', user),
            (f'  File "C:\\Users\\{user}\\rl\\ppo.py", line 7, in <module>', user),
            (f"'C:\\\\Users\\\\{user}\\\\AppData\\\\Local\\\\Temp\\\\x.dll'", user),
            (f"C:/Users/{user}/anaconda3/python.exe", user),
            (f"/mnt/c/Users/{user}/code/train.py:12: UserWarning", user),
            (f"file:///home/{user}/.cache/torch/hub", user),
            (f"loading /data/home/{user}/ckpt/last.pt", user),
            (f"PYTHONPATH=/home/{user}/src:/opt/ros/humble", user),
            (f"gcc -I/home/{user}/include -L/home/{user}/lib -o x", user),
            (f"\\\\wsl$\\Ubuntu-22.04\\home\\{user}\\x.py", user),
            (f"/nfs/homes/{user}/runs/a.log", user),
            (f"/gpfs/users/{user}/envs/x/bin/python", user),
            (f"FileNotFoundError: [Errno 2] No such file or directory: '/home/{user}'", user),
            (f'  File "C:\\Users\\{spaced}\\rl\\ppo.py", line 7, in <module>', spaced),
            (f"USER={user}", user),
            (f"uid=1001({user}) gid=1001({user}) groups=1001({user}),27(sudo)", user),
            (f"-rw-rw-r-- 1 {user} {user} 4096 Nov  2 10:12 last.ckpt", user),
            (f"/var/folders/x /Users/{user}/.cache/huggingface/hub", user),
            (f"E1102 /export/home/{user}/a.py:3] oops", user),
        )
    )
    return line, [secret]


def _prompt(maker: Maker) -> tuple[str, list[str]]:
    user, host = maker.user(), maker.host()
    line = maker.some(
        (
            f"{user}@{host}:~/proj$ python train.py",
            f"(lerobot) {user}@{host}:~$ python train.py",
            f"[{user}@{host} proj]$ python train.py",
            f"(base) {user}@{host} proj % python train.py",
            f"┌──({user}@{host})-[~]".replace("(", "").replace(")", ""),
        )
    )
    return (line, [user, host]) if "┌" not in line else (f"{user}@{host}:/data# ls", [user, host])


def _hostname(maker: Maker) -> tuple[str, list[str]]:
    host = maker.host()
    line = maker.some(
        (
            f"{host}:12345:12399 [0] NCCL INFO Bootstrap : Using eth0",
            f"  host      : {host}",
            f"TensorBoard 2.17.0 at http://{host}:6006/ (Press CTRL+C to quit)",
            f"[{host}:12345] *** Process received signal ***",
            f"Nov  2 10:12:44 {host} kernel: [12345.6] Out of memory: Killed process 99 (python)",
            f"srun: error: {host}: task 3: Killed",
            f"MASTER_ADDR={host}",
            f"The client socket has failed to connect to [{host}]:29500 (errno: 111)",
            f"runs/events.out.tfevents.1762078364.{host}.12345.0",
            f"Linux {host} 5.15.0-91-generic #101-Ubuntu SMP x86_64 GNU/Linux",
            f"ssh: Could not resolve hostname {host}: Name or service not known",
            f"slurmstepd: error: *** JOB 12 ON {host} CANCELLED AT 2026-11-02T10:12:44 ***",
        )
    )
    return line, [host]


def _ip(maker: Maker) -> tuple[str, list[str]]:
    address = maker.some((maker.private_ip(), maker.public_ip()))
    line = maker.some(
        (
            f"tcp://{address}:29500",
            f"(RolloutWorker pid=123, ip={address}) Traceback (most recent call last):",
            f"ConnectionRefusedError: [Errno 111] connect to {address}",
            f"    inet {address}/24 brd 10.0.0.255 scope global eth0",
            f"MASTER_ADDR={address}",
            f'"GET /metrics HTTP/1.1" 200 from {address}',
            f'{address} - - [02/Nov/2026] "GET / HTTP/1.1" 200',
            f"ping {address}",
            f"NCCL INFO NET/Socket : Using [0]eth0:{address}<0>",
            f"Robot at {address} did not answer",
            f"{{'node_ip_address': '{address}', 'object_store': 3}}",
            f"http://{address}:8265",
        )
    )
    return line, [address]


def _six(maker: Maker) -> tuple[str, list[str]]:
    address = maker.some(
        (
            f"fe80::{maker.pick(HEX, 4)}:{maker.pick(HEX, 4)}:{maker.pick(HEX, 4)}:{maker.pick(HEX, 4)}",
            f"2001:db8:{maker.pick('123456789', 3)}:{maker.pick('123456789', 2)}::{maker.pick('12345678', 2)}",
            ":".join(["2400"] + [maker.pick("123456789abcdef", 4) for _ in range(7)]),
        )
    )
    line = maker.some(
        (f"    inet6 {address}/64 scope link", f"connect to [{address}]:29500 failed",
         f"Using [0]eth0:{address}%eth0<0>".replace("%eth0", ""))
    )  # fmt: skip
    return line, [address]


def _mail(maker: Maker) -> tuple[str, list[str]]:
    address = f"{maker.user()}@{maker.some(LAST)}-{maker.some(('lab', 'robotics'))}.{maker.some(('com', 'edu', 'cn', 'org'))}"
    line = maker.some(
        (
            f"Author: Some Body <{address}>",
            f"contact {address} for access",
            f"git config user.email '{address}'",
            f"#SBATCH --mail-user={address}",
            f'"email": "{address}",',
        )
    )
    return line, [address]


def _mac(maker: Maker) -> tuple[str, list[str]]:
    mark = maker.some(":-")
    address = mark.join(maker.pick(HEX, 2) for _ in range(6))
    line = maker.some(
        (f"    link/ether {address} brd ff:ff:ff:ff:ff:ff", f"Physical Address: {address}",
         f"HWaddr {address}")
    )  # fmt: skip
    return line, [address]


def _device(maker: Maker) -> tuple[str, list[str]]:
    serial = maker.pick(string.digits, 12)
    board = maker.pick(string.ascii_uppercase + string.digits, 5) + maker.pick(string.digits, 5)
    usb = maker.pick("0123456789ABCDEF", 4) + maker.pick(string.digits, 7)
    gpu = f"GPU-{maker.uuid()}"
    line, secret = maker.some(
        (
            (f"GPU 0: NVIDIA H100 (UUID: {gpu})", gpu),
            (f"CUDA_VISIBLE_DEVICES={gpu}", gpu),
            (f"    MIG 1g.10gb Device 0: (UUID: MIG-{gpu[4:]})", gpu[4:]),
            (f"    Serial Number                         : {serial}", serial),
            (f"RealSenseCamera(serial_number='{serial}', fps=30)", serial),
            (f"Device with serial number {board}: not found. serial: {board}", board),
            (f"ConnectionError: Could not open port '/dev/tty.usbmodem{usb}'", usb),
            (f"/dev/serial/by-id/usb-1a86_USB_Single_Serial_{usb}-if00", usb),
            (f"Board Serial Number : {board}", board),
        )
    )
    return line, [secret]


PEOPLE = {
    "wandb": _wandb,
    "password-name": _named(
        ("PASSWORD", "DB_PASSWORD", "MYSQL_ROOT_PASSWORD", "REDIS_PASSWORD", "passwd", "user_pwd"),
        Maker.password,
    ),
    "token-name": _named(
        ("ACCESS_TOKEN", "AUTH_TOKEN", "API_TOKEN", "KAGGLE_TOKEN", "REFRESH_TOKEN"),
        lambda m: m.pick(ALNUM, 32),
    ),
    "key-name": _named(
        ("API_KEY", "COMET_API_KEY", "SECRET_KEY", "PRIVATE_KEY", "DASHSCOPE_API_KEY"),
        lambda m: m.pick(ALNUM, 32),
    ),
    "aws-secret": _named(
        ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
        lambda m: m.pick(ALNUM + "+/", 38) + m.pick(ALNUM, 2),
    ),
    "secret-name": _named(("CLIENT_SECRET", "APP_SECRET", "JWT_SECRET"), lambda m: m.pick(HEX, 40)),
    "url-password": _url,
    "connection-string": _connection,
    "basic-auth": _basic,
    "key-block": _block,
    "ssh-line": _ssh,
    "home-folder": _home,
    "prompt": _prompt,
    "host-name": _hostname,
    "ip": _ip,
    "ipv6": _six,
    "e-mail": _mail,
    "mac": _mac,
    "device": _device,
}

KINDS = {**TOKENS, **PEOPLE}

NOISE = (
    "Epoch 3/100:  42%|████▏     | 421/1000 [00:41<00:57, 10.11it/s, loss=0.231, lr=3e-4]",
    "step=1200 loss=0.4512 grad_norm=1.231 tokens=524288 lr=0.0003",
    'Traceback (most recent call last):',
    '  File "train.py", line 88, in <module>',
    "    loss = model(batch)",
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x512 and 768x10)",
    "torch 2.5.1+cu124, CUDA 12.4, cuDNN 9.1.0.70, driver 550.54.15",
    "ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory",
    "Successfully installed nvidia-cudnn-cu12-9.1.0.70 torch-2.5.1 triton-3.1.0",
    "HEAD is now at 3f2c1a9 fix the loader",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "pad_token_id: 0, eos_token: </s>, max_new_tokens=128",
    "Missing key(s) in state_dict: \"backbone.conv1.weight\", \"backbone.bn1.bias\".",
    "env: /opt/conda/lib/python3.10/site-packages/torch/nn/modules/linear.py:125",
    "CUDA error 802: system not yet initialized",
    "",
)  # fmt: skip


def logs(count: int, seed: int = 7) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Logs with planted secrets.

    Args:
        count: secrets in all, at least.
        seed: of the generator.

    Yields:
        A log, and for each of its secrets (kind, secret, line it stands in).
    """
    maker = Maker(seed)
    names = list(KINDS)
    planted = 0
    turn = 0
    while planted < count:
        lines: list[str] = []
        secrets: list[tuple[str, str, str]] = []
        for _ in range(12):
            lines.extend(maker.some(NOISE) for _ in range(maker.number(1, 4)))
            kind = names[turn % len(names)]
            turn += 1
            line, values = KINDS[kind](maker)
            lines.append(line)
            lines.append("")
            secrets.extend((kind, value, line) for value in values)
        planted += len(secrets)
        yield "\n".join(lines), secrets


def leaks(secret: str, text: str) -> bool:
    """Whether a secret, or the larger part of it, can be read in a text."""
    if len(secret) < 8:
        return re.search(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", text) is not None
    size = len(secret) if len(secret) < 12 else len(secret) * 3 // 4
    return any(secret[at : at + size] in text for at in range(len(secret) - size + 1))
