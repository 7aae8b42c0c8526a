// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>The import list: every function that the engine takes from the driver's library, under its native name, version suffix included.</summary>
internal readonly unsafe struct NativeMethods
{
    public readonly delegate* unmanaged<uint, CUresult> cuInit;
    public readonly delegate* unmanaged<int*, CUresult> cuDriverGetVersion;
    public readonly delegate* unmanaged<CUresult, byte**, CUresult> cuGetErrorName;
    public readonly delegate* unmanaged<CUresult, byte**, CUresult> cuGetErrorString;
    public readonly delegate* unmanaged<int*, CUresult> cuDeviceGetCount;
    public readonly delegate* unmanaged<int*, int, CUresult> cuDeviceGet;
    public readonly delegate* unmanaged<byte*, int, int, CUresult> cuDeviceGetName;
    public readonly delegate* unmanaged<nuint*, int, CUresult> cuDeviceTotalMem_v2;
    public readonly delegate* unmanaged<int*, CUdevice_attribute, int, CUresult> cuDeviceGetAttribute;
    public readonly delegate* unmanaged<nint*, int, CUresult> cuDevicePrimaryCtxRetain;
    public readonly delegate* unmanaged<int, CUresult> cuDevicePrimaryCtxRelease_v2;
    public readonly delegate* unmanaged<nint, CUresult> cuCtxSetCurrent;
    public readonly delegate* unmanaged<nuint*, nuint*, CUresult> cuMemGetInfo_v2;
    public readonly delegate* unmanaged<nint*, nuint, CUresult> cuMemAlloc_v2;
    public readonly delegate* unmanaged<nint, CUresult> cuMemFree_v2;
    public readonly delegate* unmanaged<nint*, nuint, uint, CUresult> cuMemHostAlloc;
    public readonly delegate* unmanaged<nint, CUresult> cuMemFreeHost;
    public readonly delegate* unmanaged<nint, nint, nuint, nint, CUresult> cuMemcpyHtoDAsync_v2;
    public readonly delegate* unmanaged<nint, nint, nuint, nint, CUresult> cuMemcpyDtoHAsync_v2;
    public readonly delegate* unmanaged<nint, nint, nuint, nint, CUresult> cuMemcpyDtoDAsync_v2;
    public readonly delegate* unmanaged<nint, byte, nuint, nint, CUresult> cuMemsetD8Async;
    public readonly delegate* unmanaged<nint*, uint, CUresult> cuStreamCreate;
    public readonly delegate* unmanaged<nint, CUresult> cuStreamDestroy_v2;
    public readonly delegate* unmanaged<nint, CUresult> cuStreamSynchronize;
    public readonly delegate* unmanaged<nint, uint, CUresult> cuStreamBeginCapture_v2;
    public readonly delegate* unmanaged<nint, nint*, CUresult> cuStreamEndCapture;
    public readonly delegate* unmanaged<nint*, uint, CUresult> cuEventCreate;
    public readonly delegate* unmanaged<nint, CUresult> cuEventDestroy_v2;
    public readonly delegate* unmanaged<nint, nint, CUresult> cuEventRecord;
    public readonly delegate* unmanaged<nint, CUresult> cuEventSynchronize;
    public readonly delegate* unmanaged<nint*, nint, ulong, CUresult> cuGraphInstantiateWithFlags;
    public readonly delegate* unmanaged<nint, CUresult> cuGraphDestroy;
    public readonly delegate* unmanaged<nint, CUresult> cuGraphExecDestroy;
    public readonly delegate* unmanaged<nint, nint, CUresult> cuGraphLaunch;
    public readonly delegate* unmanaged<nint*, void*, uint, CUjit_option*, void**, CUresult> cuModuleLoadDataEx;
    public readonly delegate* unmanaged<nint, CUresult> cuModuleUnload;
    public readonly delegate* unmanaged<nint*, nint, byte*, CUresult> cuModuleGetFunction;
    public readonly delegate* unmanaged<nint, CUfunction_attribute, int, CUresult> cuFuncSetAttribute;
    public readonly delegate* unmanaged<CUlaunchConfig*, nint, void**, void**, CUresult> cuLaunchKernelEx;
    public readonly delegate* unmanaged<CUtensorMap*, CUtensorMapDataType, uint, nint, ulong*, ulong*, uint*, uint*, CUtensorMapInterleave, CUtensorMapSwizzle,
        CUtensorMapL2promotion, CUtensorMapFloatOOBfill, CUresult> cuTensorMapEncodeTiled;
    public readonly delegate* unmanaged<uint, CUjit_option*, void**, nint*, CUresult> cuLinkCreate_v2;
    public readonly delegate* unmanaged<nint, CUjitInputType, void*, nuint, byte*, uint, CUjit_option*, void**, CUresult> cuLinkAddData_v2;
    public readonly delegate* unmanaged<nint, void**, nuint*, CUresult> cuLinkComplete;
    public readonly delegate* unmanaged<nint, CUresult> cuLinkDestroy;

    public NativeMethods(NativeExports exports)
    {
        cuInit = (delegate* unmanaged<uint, CUresult>)exports.Find(nameof(cuInit));
        cuDriverGetVersion = (delegate* unmanaged<int*, CUresult>)exports.Find(nameof(cuDriverGetVersion));
        cuGetErrorName = (delegate* unmanaged<CUresult, byte**, CUresult>)exports.Find(nameof(cuGetErrorName));
        cuGetErrorString = (delegate* unmanaged<CUresult, byte**, CUresult>)exports.Find(nameof(cuGetErrorString));
        cuDeviceGetCount = (delegate* unmanaged<int*, CUresult>)exports.Find(nameof(cuDeviceGetCount));
        cuDeviceGet = (delegate* unmanaged<int*, int, CUresult>)exports.Find(nameof(cuDeviceGet));
        cuDeviceGetName = (delegate* unmanaged<byte*, int, int, CUresult>)exports.Find(nameof(cuDeviceGetName));
        cuDeviceTotalMem_v2 = (delegate* unmanaged<nuint*, int, CUresult>)exports.Find(nameof(cuDeviceTotalMem_v2));
        cuDeviceGetAttribute = (delegate* unmanaged<int*, CUdevice_attribute, int, CUresult>)exports.Find(nameof(cuDeviceGetAttribute));
        cuDevicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, CUresult>)exports.Find(nameof(cuDevicePrimaryCtxRetain));
        cuDevicePrimaryCtxRelease_v2 = (delegate* unmanaged<int, CUresult>)exports.Find(nameof(cuDevicePrimaryCtxRelease_v2));
        cuCtxSetCurrent = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuCtxSetCurrent));
        cuMemGetInfo_v2 = (delegate* unmanaged<nuint*, nuint*, CUresult>)exports.Find(nameof(cuMemGetInfo_v2));
        cuMemAlloc_v2 = (delegate* unmanaged<nint*, nuint, CUresult>)exports.Find(nameof(cuMemAlloc_v2));
        cuMemFree_v2 = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuMemFree_v2));
        cuMemHostAlloc = (delegate* unmanaged<nint*, nuint, uint, CUresult>)exports.Find(nameof(cuMemHostAlloc));
        cuMemFreeHost = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuMemFreeHost));
        cuMemcpyHtoDAsync_v2 = (delegate* unmanaged<nint, nint, nuint, nint, CUresult>)exports.Find(nameof(cuMemcpyHtoDAsync_v2));
        cuMemcpyDtoHAsync_v2 = (delegate* unmanaged<nint, nint, nuint, nint, CUresult>)exports.Find(nameof(cuMemcpyDtoHAsync_v2));
        cuMemcpyDtoDAsync_v2 = (delegate* unmanaged<nint, nint, nuint, nint, CUresult>)exports.Find(nameof(cuMemcpyDtoDAsync_v2));
        cuMemsetD8Async = (delegate* unmanaged<nint, byte, nuint, nint, CUresult>)exports.Find(nameof(cuMemsetD8Async));
        cuStreamCreate = (delegate* unmanaged<nint*, uint, CUresult>)exports.Find(nameof(cuStreamCreate));
        cuStreamDestroy_v2 = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuStreamDestroy_v2));
        cuStreamSynchronize = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuStreamSynchronize));
        cuStreamBeginCapture_v2 = (delegate* unmanaged<nint, uint, CUresult>)exports.Find(nameof(cuStreamBeginCapture_v2));
        cuStreamEndCapture = (delegate* unmanaged<nint, nint*, CUresult>)exports.Find(nameof(cuStreamEndCapture));
        cuEventCreate = (delegate* unmanaged<nint*, uint, CUresult>)exports.Find(nameof(cuEventCreate));
        cuEventDestroy_v2 = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuEventDestroy_v2));
        cuEventRecord = (delegate* unmanaged<nint, nint, CUresult>)exports.Find(nameof(cuEventRecord));
        cuEventSynchronize = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuEventSynchronize));
        cuGraphInstantiateWithFlags = (delegate* unmanaged<nint*, nint, ulong, CUresult>)exports.Find(nameof(cuGraphInstantiateWithFlags));
        cuGraphDestroy = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuGraphDestroy));
        cuGraphExecDestroy = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuGraphExecDestroy));
        cuGraphLaunch = (delegate* unmanaged<nint, nint, CUresult>)exports.Find(nameof(cuGraphLaunch));
        cuModuleLoadDataEx = (delegate* unmanaged<nint*, void*, uint, CUjit_option*, void**, CUresult>)exports.Find(nameof(cuModuleLoadDataEx));
        cuModuleUnload = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuModuleUnload));
        cuModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, CUresult>)exports.Find(nameof(cuModuleGetFunction));
        cuFuncSetAttribute = (delegate* unmanaged<nint, CUfunction_attribute, int, CUresult>)exports.Find(nameof(cuFuncSetAttribute));
        cuLaunchKernelEx = (delegate* unmanaged<CUlaunchConfig*, nint, void**, void**, CUresult>)exports.Find(nameof(cuLaunchKernelEx));
        cuTensorMapEncodeTiled = (delegate* unmanaged<CUtensorMap*, CUtensorMapDataType, uint, nint, ulong*, ulong*, uint*, uint*, CUtensorMapInterleave, CUtensorMapSwizzle,
            CUtensorMapL2promotion, CUtensorMapFloatOOBfill, CUresult>)exports.Find(nameof(cuTensorMapEncodeTiled));
        cuLinkCreate_v2 = (delegate* unmanaged<uint, CUjit_option*, void**, nint*, CUresult>)exports.Find(nameof(cuLinkCreate_v2));
        cuLinkAddData_v2 = (delegate* unmanaged<nint, CUjitInputType, void*, nuint, byte*, uint, CUjit_option*, void**, CUresult>)exports.Find(nameof(cuLinkAddData_v2));
        cuLinkComplete = (delegate* unmanaged<nint, void**, nuint*, CUresult>)exports.Find(nameof(cuLinkComplete));
        cuLinkDestroy = (delegate* unmanaged<nint, CUresult>)exports.Find(nameof(cuLinkDestroy));
    }
}
