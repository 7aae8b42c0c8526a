// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>Plain copies for the backends whose memory is the host's own.</summary>
internal static unsafe class HostMemory
{
    public static void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        KernelShapes.Copy<T>(destination, source.Length);
        source.CopyTo(new Span<T>((void*)destination.Address, source.Length));
    }

    public static void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged
    {
        KernelShapes.Copy<T>(source, destination.Length);
        new ReadOnlySpan<T>((void*)source.Address, destination.Length).CopyTo(destination);
    }

    public static void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage)
    {
        long pageBytes = cache.PageStride * cache.DType.SizeInBytes();
        byte* layer = (byte*)cache.Address;
        Buffer.MemoryCopy(layer + sourcePage * pageBytes, layer + destinationPage * pageBytes, pageBytes, pageBytes);
    }
}
