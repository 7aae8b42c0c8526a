// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>The driver of this machine.</summary>
internal sealed unsafe class NativeCudaDriver : ICudaDriver
{
    private readonly NativeMethods _native;

    private NativeCudaDriver(NativeMethods native) => _native = native;

    /// <summary>Finds the driver. Its absence, or the absence of a function, is an answer and not an error.</summary>
    /// <param name="whyNot">Why there is none, in words.</param>
    /// <returns>Null if there is none that can be used.</returns>
    public static NativeCudaDriver? TryLoad(out string? whyNot) => TryLoad(LibraryNames, out whyNot);

    /// <summary>As above, for libraries of other names.</summary>
    internal static NativeCudaDriver? TryLoad(IReadOnlyList<string> libraryNames, out string? whyNot)
    {
        if (NativeExports.TryOpen(libraryNames) is not { } exports)
        {
            whyNot = $"no NVIDIA driver on this machine ({string.Join(" or ", libraryNames)} is not there)";
            return null;
        }

        NativeMethods native = new(exports);
        whyNot = exports.Missing.Count == 0 ? null : $"the NVIDIA driver is too old: it lacks {string.Join(", ", exports.Missing)}";
        return whyNot is null ? new NativeCudaDriver(native) : null;
    }

    private static IReadOnlyList<string> LibraryNames => OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1"];

    public CUresult cuInit(uint flags) => _native.cuInit(flags);

    public CUresult cuDriverGetVersion(int* version) => _native.cuDriverGetVersion(version);

    public CUresult cuGetErrorName(CUresult status, byte** name) => _native.cuGetErrorName(status, name);

    public CUresult cuGetErrorString(CUresult status, byte** text) => _native.cuGetErrorString(status, text);

    public CUresult cuDeviceGetCount(int* count) => _native.cuDeviceGetCount(count);

    public CUresult cuDeviceGet(int* device, int ordinal) => _native.cuDeviceGet(device, ordinal);

    public CUresult cuDeviceGetName(byte* name, int length, int device) => _native.cuDeviceGetName(name, length, device);

    public CUresult cuDeviceTotalMem(nuint* bytes, int device) => _native.cuDeviceTotalMem_v2(bytes, device);

    public CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, int device)
        => _native.cuDeviceGetAttribute(value, attribute, device);

    public CUresult cuDevicePrimaryCtxRetain(nint* context, int device) => _native.cuDevicePrimaryCtxRetain(context, device);

    public CUresult cuDevicePrimaryCtxRelease(int device) => _native.cuDevicePrimaryCtxRelease_v2(device);

    public CUresult cuCtxSetCurrent(nint context) => _native.cuCtxSetCurrent(context);

    public CUresult cuMemGetInfo(nuint* free, nuint* total) => _native.cuMemGetInfo_v2(free, total);

    public CUresult cuMemAlloc(nint* address, nuint bytes) => _native.cuMemAlloc_v2(address, bytes);

    public CUresult cuMemFree(nint address) => _native.cuMemFree_v2(address);

    public CUresult cuMemHostAlloc(nint* address, nuint bytes, uint flags) => _native.cuMemHostAlloc(address, bytes, flags);

    public CUresult cuMemFreeHost(nint address) => _native.cuMemFreeHost(address);

    public CUresult cuMemcpyHtoDAsync(nint destination, nint source, nuint bytes, nint stream)
        => _native.cuMemcpyHtoDAsync_v2(destination, source, bytes, stream);

    public CUresult cuMemcpyDtoHAsync(nint destination, nint source, nuint bytes, nint stream)
        => _native.cuMemcpyDtoHAsync_v2(destination, source, bytes, stream);

    public CUresult cuMemcpyDtoDAsync(nint destination, nint source, nuint bytes, nint stream)
        => _native.cuMemcpyDtoDAsync_v2(destination, source, bytes, stream);

    public CUresult cuMemsetD8Async(nint destination, byte value, nuint bytes, nint stream)
        => _native.cuMemsetD8Async(destination, value, bytes, stream);

    public CUresult cuStreamCreate(nint* stream, uint flags) => _native.cuStreamCreate(stream, flags);

    public CUresult cuStreamDestroy(nint stream) => _native.cuStreamDestroy_v2(stream);

    public CUresult cuStreamSynchronize(nint stream) => _native.cuStreamSynchronize(stream);

    public CUresult cuStreamBeginCapture(nint stream, uint mode) => _native.cuStreamBeginCapture_v2(stream, mode);

    public CUresult cuStreamEndCapture(nint stream, nint* graph) => _native.cuStreamEndCapture(stream, graph);

    public CUresult cuEventCreate(nint* @event, uint flags) => _native.cuEventCreate(@event, flags);

    public CUresult cuEventDestroy(nint @event) => _native.cuEventDestroy_v2(@event);

    public CUresult cuEventRecord(nint @event, nint stream) => _native.cuEventRecord(@event, stream);

    public CUresult cuEventSynchronize(nint @event) => _native.cuEventSynchronize(@event);

    public CUresult cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags)
        => _native.cuGraphInstantiateWithFlags(executable, graph, flags);

    public CUresult cuGraphDestroy(nint graph) => _native.cuGraphDestroy(graph);

    public CUresult cuGraphExecDestroy(nint executable) => _native.cuGraphExecDestroy(executable);

    public CUresult cuGraphLaunch(nint executable, nint stream) => _native.cuGraphLaunch(executable, stream);

    public CUresult cuModuleLoadDataEx(nint* module, void* image, uint optionCount, CUjit_option* options, void** values)
        => _native.cuModuleLoadDataEx(module, image, optionCount, options, values);

    public CUresult cuModuleUnload(nint module) => _native.cuModuleUnload(module);

    public CUresult cuModuleGetFunction(nint* function, nint module, byte* name) => _native.cuModuleGetFunction(function, module, name);

    public CUresult cuFuncSetAttribute(nint function, CUfunction_attribute attribute, int value)
        => _native.cuFuncSetAttribute(function, attribute, value);

    public CUresult cuLaunchKernelEx(CUlaunchConfig* config, nint function, void** parameters, void** extra)
        => _native.cuLaunchKernelEx(config, function, parameters, extra);

    public CUresult cuTensorMapEncodeTiled(
        CUtensorMap* map, CUtensorMapDataType type, uint rank, nint address, ulong* sizes, ulong* strides, uint* box, uint* elementStrides,
        CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill)
        => _native.cuTensorMapEncodeTiled(map, type, rank, address, sizes, strides, box, elementStrides, interleave, swizzle, promotion, fill);

    public CUresult cuLinkCreate(uint optionCount, CUjit_option* options, void** values, nint* state)
        => _native.cuLinkCreate_v2(optionCount, options, values, state);

    public CUresult cuLinkAddData(nint state, CUjitInputType type, void* data, nuint bytes, byte* name, uint optionCount, CUjit_option* options, void** values)
        => _native.cuLinkAddData_v2(state, type, data, bytes, name, optionCount, options, values);

    public CUresult cuLinkComplete(nint state, void** cubin, nuint* bytes) => _native.cuLinkComplete(state, cubin, bytes);

    public CUresult cuLinkDestroy(nint state) => _native.cuLinkDestroy(state);
}
