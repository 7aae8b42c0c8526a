// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.TestSupport.Cuda;

/// <content>Tensor maps, as the emulator's kernels read them (kernels/emulator/emulator.h), under the rules that NVIDIA's reference has for real ones.</content>
internal sealed unsafe partial class EmulatedCudaDriver
{
    private const ulong TensorMapMark = 0x70616d20726f7465;
    private const int MostBox = 256;

    public CUresult cuTensorMapEncodeTiled(
        CUtensorMap* map, CUtensorMapDataType type, uint rank, nint address, ulong* sizes, ulong* strides, uint* box, uint* elementStrides,
        CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill)
        => InContext(nameof(cuTensorMapEncodeTiled), () =>
        {
            bool isSwizzled = swizzle == CUtensorMapSwizzle.CU_TENSOR_MAP_SWIZZLE_128B;
            uint rowBytes = box[0] * sizeof(ushort);
            bool isAllowed = (nint)map % CUtensorMap.Alignment == 0 && type == CUtensorMapDataType.CU_TENSOR_MAP_DATA_TYPE_UINT16 && rank == 2 && address % 16 == 0
                && strides[0] % 16 == 0 && sizes[0] * sizeof(ushort) <= strides[0] && box[0] is > 0 and <= MostBox && box[1] is > 0 and <= MostBox
                && rowBytes % 16 == 0 && (!isSwizzled || rowBytes <= 128) && elementStrides[0] == 1 && elementStrides[1] == 1
                && device.Capability.Major >= 9
                && Holds<DeviceMemory>(address, (nuint)(((sizes[1] - 1) * strides[0]) + (sizes[0] * sizeof(ushort))));
            if (!isAllowed)
            {
                return CUresult.CUDA_ERROR_INVALID_VALUE;
            }

            *(EncodedMap*)map = new EncodedMap
            {
                Mark = TensorMapMark,
                Address = address,
                Rows = sizes[1],
                Columns = sizes[0],
                StrideBytes = strides[0],
                BoxRows = box[1],
                BoxColumns = box[0],
                IsSwizzled = isSwizzled ? 1u : 0,
            };
            return CUresult.CUDA_SUCCESS;
        });

    [StructLayout(LayoutKind.Sequential, Size = CUtensorMap.Bytes)]
    private struct EncodedMap
    {
        public ulong Mark;
        public nint Address;
        public ulong Rows;
        public ulong Columns;
        public ulong StrideBytes;
        public uint BoxRows;
        public uint BoxColumns;
        public uint IsSwizzled;
    }
}
