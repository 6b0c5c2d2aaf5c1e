"""Asks NVML in a process of its own, which can be killed when the driver hangs.

Prints one line of JSON. Runs in whyfail's own interpreter (it needs nvidia-ml-py).
"""

import json
import sys


def attempt(function, *arguments):
    try:
        value = function(*arguments)
    except Exception:
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def memory(pynvml, handle):
    version = getattr(pynvml, "nvmlMemory_v2", None)
    info = attempt(pynvml.nvmlDeviceGetMemoryInfo, handle, version) if version else None
    reserved = getattr(info, "reserved", None)
    if info is None:
        info = attempt(pynvml.nvmlDeviceGetMemoryInfo, handle)
    if info is None:
        return {}
    return {"total": info.total, "free": info.free, "used": info.used, "reserved": reserved}


def processes(pynvml, handle):
    found = {}
    known = False
    for name in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
        items = attempt(getattr(pynvml, name), handle)
        if items is None and hasattr(pynvml, name + "_v2"):  # drivers before 510
            items = attempt(getattr(pynvml, name + "_v2"), handle)
        known = known or items is not None
        for item in items or []:
            found[item.pid] = max(found.get(item.pid, 0), item.usedGpuMemory or 0)
    return [[pid, size] for pid, size in sorted(found.items())] if known else None


def samples(pynvml, handle):
    """Mean and span in milliseconds of the utilisation samples the driver keeps anyway."""
    found = attempt(pynvml.nvmlDeviceGetSamples, handle, pynvml.NVML_GPU_UTILIZATION_SAMPLES, 0)
    taken = [item for item in found[1] if item.timeStamp] if found else []
    if len(taken) < 2:
        return None, None
    times = [item.timeStamp for item in taken]
    mean = sum(item.sampleValue.uiVal for item in taken) / len(taken)
    return round(mean, 1), (max(times) - min(times)) // 1000


def fabric(pynvml, handle):
    """State of the NVLink fabric, or None where the driver or the GPU has none."""
    form = getattr(pynvml, "c_nvmlGpuFabricInfo_t", None)
    if form is None:
        return None
    import ctypes

    info = form()
    done = attempt(pynvml.nvmlDeviceGetGpuFabricInfo, handle, ctypes.byref(info))
    return None if done is None else info.state


def device(pynvml, index):
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    answer = {"index": index, "name": attempt(pynvml.nvmlDeviceGetName, handle)}
    answer["uuid"] = attempt(pynvml.nvmlDeviceGetUUID, handle)
    answer.update(memory(pynvml, handle))
    rates = attempt(pynvml.nvmlDeviceGetUtilizationRates, handle)
    answer["utilization"] = None if rates is None else rates.gpu
    capability = attempt(pynvml.nvmlDeviceGetCudaComputeCapability, handle)
    answer["capability"] = None if capability is None else "{}.{}".format(*capability)
    mode = attempt(pynvml.nvmlDeviceGetPersistenceMode, handle)
    answer["persistence"] = None if mode is None else bool(mode)
    answer["ecc"] = attempt(pynvml.nvmlDeviceGetTotalEccErrors, handle, 1, 0)
    answer["processes"] = processes(pynvml, handle)
    answer["performance"] = attempt(pynvml.nvmlDeviceGetPerformanceState, handle)
    answer["throttle"] = attempt(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle)
    answer["link_width"] = attempt(pynvml.nvmlDeviceGetCurrPcieLinkWidth, handle)
    answer["link_width_max"] = attempt(pynvml.nvmlDeviceGetMaxPcieLinkWidth, handle)
    answer["samples_mean"], answer["samples_ms"] = samples(pynvml, handle)
    answer["fabric"] = fabric(pynvml, handle)
    return answer


def main():
    answer = {"state": "ok", "why": "", "devices": []}
    try:
        import pynvml
    except ImportError as error:
        print(json.dumps({"state": "error", "why": f"nvidia-ml-py is missing: {error}"}))
        return
    states = {
        pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: "no-driver",
        pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "no-driver",
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "mismatch",
    }
    try:
        pynvml.nvmlInit()
        answer["driver"] = attempt(pynvml.nvmlSystemGetDriverVersion)
        number = attempt(pynvml.nvmlSystemGetCudaDriverVersion_v2)
        if number:
            answer["cuda"] = f"{number // 1000}.{number % 1000 // 10}"
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError as error:
        answer["state"] = states.get(error.value, "error")
        answer["why"] = str(error)
        print(json.dumps(answer))
        return
    for index in range(count):
        try:
            answer["devices"].append(device(pynvml, index))
        except pynvml.NVMLError as error:
            answer["devices"].append({"index": index, "error": str(error)})
    if not count:
        answer["state"], answer["why"] = "no-device", "the driver sees no GPU"
    elif all("error" in item for item in answer["devices"]):
        answer["state"], answer["why"] = "error", answer["devices"][0]["error"]
    print(json.dumps(answer))
    sys.stdout.flush()


main()
