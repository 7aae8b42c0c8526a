// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>
/// The functions of the CUDA driver that the engine uses, under their native names without version suffixes, with native arguments: NVIDIA's reference of the
/// driver API describes each. Implemented by the driver itself and, in tests, by an emulation on the processor. Thread-safe, as the driver is.
/// </summary>
internal unsafe interface ICudaDriver
{
    CUresult cuInit(uint flags);

    CUresult cuDriverGetVersion(int* version);

    CUresult cuGetErrorName(CUresult status, byte** name);

    CUresult cuGetErrorString(CUresult status, byte** text);

    CUresult cuDeviceGetCount(int* count);

    CUresult cuDeviceGet(int* device, int ordinal);

    CUresult cuDeviceGetName(byte* name, int length, int device);

    CUresult cuDeviceTotalMem(nuint* bytes, int device);

    CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, int device);

    CUresult cuDevicePrimaryCtxRetain(nint* context, int device);

    CUresult cuDevicePrimaryCtxRelease(int device);

    CUresult cuCtxSetCurrent(nint context);

    CUresult cuMemGetInfo(nuint* free, nuint* total);

    CUresult cuMemAlloc(nint* address, nuint bytes);

    CUresult cuMemFree(nint address);

    CUresult cuMemHostAlloc(nint* address, nuint bytes, uint flags);

    CUresult cuMemFreeHost(nint address);

    CUresult cuMemcpyHtoDAsync(nint destination, nint source, nuint bytes, nint stream);

    CUresult cuMemcpyDtoHAsync(nint destination, nint source, nuint bytes, nint stream);

    CUresult cuMemcpyDtoDAsync(nint destination, nint source, nuint bytes, nint stream);

    CUresult cuMemsetD8Async(nint destination, byte value, nuint bytes, nint stream);

    CUresult cuStreamCreate(nint* stream, uint flags);

    CUresult cuStreamDestroy(nint stream);

    CUresult cuStreamSynchronize(nint stream);

    CUresult cuStreamBeginCapture(nint stream, uint mode);

    CUresult cuStreamEndCapture(nint stream, nint* graph);

    CUresult cuEventCreate(nint* @event, uint flags);

    CUresult cuEventDestroy(nint @event);

    CUresult cuEventRecord(nint @event, nint stream);

    CUresult cuEventSynchronize(nint @event);

    CUresult cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags);

    CUresult cuGraphDestroy(nint graph);

    CUresult cuGraphExecDestroy(nint executable);

    CUresult cuGraphLaunch(nint executable, nint stream);

    CUresult cuModuleLoadDataEx(nint* module, void* image, uint optionCount, CUjit_option* options, void** values);

    CUresult cuModuleUnload(nint module);

    CUresult cuModuleGetFunction(nint* function, nint module, byte* name);

    CUresult cuFuncSetAttribute(nint function, CUfunction_attribute attribute, int value);

    CUresult cuLaunchKernelEx(CUlaunchConfig* config, nint function, void** parameters, void** extra);

    CUresult cuTensorMapEncodeTiled(
        CUtensorMap* map, CUtensorMapDataType type, uint rank, nint address, ulong* sizes, ulong* strides, uint* box, uint* elementStrides,
        CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill);

    CUresult cuLinkCreate(uint optionCount, CUjit_option* options, void** values, nint* state);

    CUresult cuLinkAddData(nint state, CUjitInputType type, void* data, nuint bytes, byte* name, uint optionCount, CUjit_option* options, void** values);

    CUresult cuLinkComplete(nint state, void** cubin, nuint* bytes);

    CUresult cuLinkDestroy(nint state);
}
