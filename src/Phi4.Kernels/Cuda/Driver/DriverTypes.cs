// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cuda.Driver;

/// <summary>Statuses of the driver that this code tells apart; any other number can come too.</summary>
internal enum CUresult
{
    CUDA_SUCCESS = 0,
    CUDA_ERROR_INVALID_VALUE = 1,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NOT_INITIALIZED = 3,
    CUDA_ERROR_NO_DEVICE = 100,
    CUDA_ERROR_INVALID_DEVICE = 101,
    CUDA_ERROR_INVALID_IMAGE = 200,
    CUDA_ERROR_INVALID_CONTEXT = 201,
    CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
    CUDA_ERROR_INVALID_PTX = 218,
    CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
    CUDA_ERROR_INVALID_HANDLE = 400,
    CUDA_ERROR_ILLEGAL_STATE = 401,
    CUDA_ERROR_NOT_FOUND = 500,
    CUDA_ERROR_LAUNCH_FAILED = 719,
    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
}

/// <summary>Facts of a device that are asked for.</summary>
internal enum CUdevice_attribute
{
    CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
    CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
    CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
}

/// <summary>Options of the just-in-time compiler.</summary>
internal enum CUjit_option
{
    CU_JIT_ERROR_LOG_BUFFER = 5,
    CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6,
}

/// <summary>What the linker is given.</summary>
internal enum CUjitInputType
{
    CU_JIT_INPUT_PTX = 1,
}

/// <summary>Settings of a kernel.</summary>
internal enum CUfunction_attribute
{
    CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
}

/// <summary>Settings of a launch.</summary>
internal enum CUlaunchAttributeID
{
    CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6,
}

/// <summary>A setting of a launch and its value: 72 bytes, 64 of them the value.</summary>
[StructLayout(LayoutKind.Sequential, Size = 72)]
internal struct CUlaunchAttribute
{
    public CUlaunchAttributeID Id;
    public int Padding;
    public int Value;
}

/// <summary>A launch: grid, block, dynamic shared memory, stream, settings.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CUlaunchConfig
{
    public uint GridDimX;
    public uint GridDimY;
    public uint GridDimZ;
    public uint BlockDimX;
    public uint BlockDimY;
    public uint BlockDimZ;
    public uint SharedMemBytes;
    public nint Stream;
    public CUlaunchAttribute* Attributes;
    public uint AttributeCount;
}

/// <summary>A matrix and how boxes of it are copied, as the device wants it: 128 bytes, at a multiple of 64.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct CUtensorMap
{
    public const int Bytes = 128;
    public const int Alignment = 64;
}

/// <summary>What boxes are made of.</summary>
internal enum CUtensorMapDataType
{
    CU_TENSOR_MAP_DATA_TYPE_UINT16 = 1,
}

/// <summary>Whether elements of several slices lie between each other.</summary>
internal enum CUtensorMapInterleave
{
    CU_TENSOR_MAP_INTERLEAVE_NONE = 0,
}

/// <summary>How a box lies in shared memory.</summary>
internal enum CUtensorMapSwizzle
{
    CU_TENSOR_MAP_SWIZZLE_NONE = 0,
    CU_TENSOR_MAP_SWIZZLE_128B = 3,
}

/// <summary>What the second cache takes at once.</summary>
internal enum CUtensorMapL2promotion
{
    CU_TENSOR_MAP_L2_PROMOTION_L2_128B = 2,
}

/// <summary>What stands for numbers outside of the matrix.</summary>
internal enum CUtensorMapFloatOOBfill
{
    CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE = 0,
}

/// <summary>Flags that the driver's functions take as plain numbers.</summary>
internal static class CUflags
{
    public const uint CU_STREAM_NON_BLOCKING = 1;
    public const uint CU_EVENT_DISABLE_TIMING = 2;
    public const uint CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1;
    public const uint CU_MEMHOSTALLOC_PORTABLE = 1;
}
