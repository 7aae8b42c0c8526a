// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda;

/// <summary>
/// Tensor maps in device memory, made by the driver when a matrix is met for the first time. A map says where a matrix lies and not what is in it, so it stays right for as
/// long as anything is there.
/// </summary>
internal sealed unsafe class TensorMaps(CudaContext context, StagingRing staging) : IDisposable
{
    /// <summary>A model has some hundreds. When there are so many, all are forgotten.</summary>
    public const int MostMaps = 4096;

    /// <summary>Device memory for so many.</summary>
    public const int MostBytes = MostMaps * CUtensorMap.Bytes;

    private readonly Dictionary<TensorBoxes, nint> _maps = [];
    private DeviceBuffer? _memory;

    /// <summary>Maps that are kept.</summary>
    public int Count => _maps.Count;

    /// <summary>The device's address of the map of these boxes.</summary>
    public nint Of(in TensorBoxes boxes)
    {
        if (_maps.TryGetValue(boxes, out nint known))
        {
            return known;
        }

        _memory ??= DeviceBuffer.Allocate(context, MostBytes, "tensor maps");
        if (_maps.Count == MostMaps)
        {
            _maps.Clear();
        }

        nint map = _memory.DangerousGetHandle() + (_maps.Count * CUtensorMap.Bytes);
        Encode(boxes, map);
        _maps.Add(boxes, map);
        return map;
    }

    public void Dispose() => _memory?.Dispose();

    private void Encode(in TensorBoxes boxes, nint destination)
    {
        CUtensorMap* map = (CUtensorMap*)NativeMemory.AlignedAlloc(CUtensorMap.Bytes, CUtensorMap.Alignment);
        try
        {
            ulong* sizes = stackalloc ulong[] { (ulong)boxes.Columns, (ulong)boxes.Rows };
            ulong stride = (ulong)boxes.Stride * sizeof(ushort);
            uint* box = stackalloc uint[] { (uint)boxes.BoxColumns, (uint)boxes.BoxRows };
            uint* elementStrides = stackalloc uint[] { 1, 1 };
            CUresult status = context.Driver.cuTensorMapEncodeTiled(
                map, CUtensorMapDataType.CU_TENSOR_MAP_DATA_TYPE_UINT16, 2, boxes.Address, sizes, &stride, box, elementStrides,
                CUtensorMapInterleave.CU_TENSOR_MAP_INTERLEAVE_NONE,
                boxes.IsSwizzled ? CUtensorMapSwizzle.CU_TENSOR_MAP_SWIZZLE_128B : CUtensorMapSwizzle.CU_TENSOR_MAP_SWIZZLE_NONE,
                CUtensorMapL2promotion.CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CUtensorMapFloatOOBfill.CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
            status.ThrowIfFailed(context.Driver, log: null, $"cuTensorMapEncodeTiled of {boxes}");
            staging.Write(destination, new ReadOnlySpan<byte>(map, CUtensorMap.Bytes));
        }
        finally
        {
            NativeMemory.AlignedFree(map);
        }
    }
}
