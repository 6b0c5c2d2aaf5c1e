"""A stand-in for libnvidia-ml.so.1 that loads, reports GPUs, mismatches, fails or hangs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SOURCE = r"""
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
typedef struct { unsigned v; unsigned long long total, reserved, free, used; } memory_t;
typedef struct { unsigned pid; unsigned long long used; unsigned a, b; } process_t;
static int devices[2] = {0, 1};
static const char *mode(void) { const char *m = getenv("FAKE_NVML"); return m ? m : "ok"; }
static int is(const char *m) { return !strcmp(mode(), m); }
int nvmlInitWithFlags(unsigned f) {
  if (is("hang")) for (;;) sleep(60);
  if (is("mismatch")) return 18;
  if (is("not-loaded")) return 9;
  if (is("no-permission")) return 4;
  if (is("crash")) abort();
  return 0;
}
int nvmlSystemGetDriverVersion(char *s, unsigned n) { strncpy(s, "550.54.14", n); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int *v) { *v = 12040; return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = is("empty") ? 0 : 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **h) {
  if (is("lost")) return 15;
  *h = &devices[i]; return 0;
}
int nvmlDeviceGetName(void *h, char *s, unsigned n) {
  strncpy(s, *(int *)h ? "NVIDIA GeForce RTX 4090" : "NVIDIA GeForce RTX 5090", n); return 0;
}
int nvmlDeviceGetUUID(void *h, char *s, unsigned n) {
  strncpy(s, *(int *)h ? "GPU-bbbb" : "GPU-aaaa", n); return 0;
}
int nvmlDeviceGetMemoryInfo_v2(void *h, memory_t *m) {
  unsigned long long g = 1ULL << 30;
  m->total = 24 * g; m->reserved = g / 2;
  m->used = *(int *)h ? 0 : 20 * g; m->free = m->total - m->used - m->reserved; return 0;
}
int nvmlDeviceGetMemoryInfo(void *h, unsigned long long *m) {
  unsigned long long g = 1ULL << 30;
  m[0] = 24 * g; m[2] = *(int *)h ? g / 2 : 20 * g + g / 2; m[1] = m[0] - m[2]; return 0;
}
int nvmlDeviceGetUtilizationRates(void *h, unsigned *u) { u[0] = 97; u[1] = 3; return 0; }
int nvmlDeviceGetCudaComputeCapability(void *h, int *a, int *b) {
  *a = *(int *)h ? 8 : 12; *b = *(int *)h ? 9 : 0; return 0;
}
int nvmlDeviceGetPersistenceMode(void *h, int *m) { *m = 1; return 0; }
int nvmlDeviceGetTotalEccErrors(void *h, int t, int c, unsigned long long *n) { return 3; }
int nvmlDeviceGetComputeRunningProcesses_v3(void *h, unsigned *n, process_t *p) {
  const char *pid = getenv("FAKE_NVML_PID");
  if (*(int *)h || !pid) { *n = 0; return 0; }
  if (!p || *n < 1) { *n = 1; return 7; }
  *n = 1; p->pid = atoi(pid); p->used = 19ULL << 30; return 0;
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *h, unsigned *n, process_t *p) {
  *n = 0; return 0;
}
int nvmlDeviceGetPerformanceState(void *h, int *p) { *p = *(int *)h ? 8 : 2; return 0; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *h, unsigned long long *r) {
  *r = *(int *)h ? 1 : 0x4c; return 0;
}
int nvmlDeviceGetCurrPcieLinkWidth(void *h, unsigned *w) { *w = *(int *)h ? 16 : 4; return 0; }
int nvmlDeviceGetMaxPcieLinkWidth(void *h, unsigned *w) { *w = 16; return 0; }
typedef union { double d; unsigned long long u; } value_t;
typedef struct { unsigned long long time; value_t value; } sample_t;
int nvmlDeviceGetSamples(void *h, int kind, unsigned long long since, int *type, unsigned *n,
                         sample_t *s) {
  if (kind != 1) return 3;
  *type = 1; *n = 4;
  for (int i = 0; s && i < 3; i++) { s[i].time = 1000000ULL * (i + 7); s[i].value.u = 10 + 10 * i; }
  if (s) s[3].time = 0;
  return 0;
}
typedef struct { unsigned char uuid[16]; unsigned status, clique; unsigned char state; } fabric_t;
int nvmlDeviceGetGpuFabricInfo(void *h, fabric_t *f) {
  if (*(int *)h) return 3;
  f->state = 2; return 0;
}
const char *nvmlErrorString(int e) {
  return e == 18 ? "Driver/library version mismatch" : e == 15 ? "GPU is lost" : "Error";
}
int nvmlShutdown(void) { return 0; }
"""


def build(folder: Path) -> Path:
    """Compile the library into ``folder`` and return that folder."""
    source = folder / "nvml.c"
    source.write_text(SOURCE)
    library = folder / "libnvidia-ml.so.1"
    subprocess.run(["gcc", "-shared", "-fPIC", "-w", "-o", library, source], check=True)
    return folder


def environ(folder: Path, mode: str, pid: int = 0) -> dict[str, str]:
    """Environment in which the stand-in is found and behaves as ``mode`` says."""
    values = {**os.environ, "LD_LIBRARY_PATH": str(folder), "FAKE_NVML": mode}
    values.pop("CUDA_VISIBLE_DEVICES", None)
    if pid:
        values["FAKE_NVML_PID"] = str(pid)
    return values
