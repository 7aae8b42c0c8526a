// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels;

/// <summary>Plain copies for the backends whose memory is the host's own.</summary>
internal static unsafe class HostMemory
{
    public static void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        ThrowIfMisfit<T>(destination, source.Length);
        source.CopyTo(new Span<T>((void*)destination.Address, source.Length));
    }

    public static void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged
    {
        ThrowIfMisfit<T>(source, destination.Length);
        new ReadOnlySpan<T>((void*)source.Address, destination.Length).CopyTo(destination);
    }

    public static void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage)
    {
        long pageBytes = cache.PageStride * cache.DType.SizeInBytes();
        byte* layer = (byte*)cache.Address;
        Buffer.MemoryCopy(layer + sourcePage * pageBytes, layer + destinationPage * pageBytes, pageBytes, pageBytes);
    }

    private static void ThrowIfMisfit<T>(TensorView tensor, int valueCount)
        where T : unmanaged
    {
        bool gaps = tensor.Rows > 1 && tensor.RowStride != tensor.Columns;
        if (gaps || Unsafe.SizeOf<T>() != tensor.DType.SizeInBytes() || valueCount > tensor.Count)
        {
            throw new ArgumentException($"{valueCount} values of {typeof(T).Name} do not fit a {tensor} (row stride {tensor.RowStride}).");
        }
    }
}
