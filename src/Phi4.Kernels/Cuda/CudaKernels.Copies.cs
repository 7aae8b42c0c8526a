// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cuda;

/// <content>Between host and device.</content>
internal sealed partial class CudaKernels
{
    public void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        KernelShapes.Copy<T>(destination, source.Length);
        _context.MakeCurrent();
        if (destination.DType == DType.I32)
        {
            _twins.Write(destination, MemoryMarshal.Cast<T, int>(source));
            return;
        }

        // Half a span at a time where its bytes would be more than an int counts.
        while (!source.IsEmpty)
        {
            int count = Math.Min(source.Length, int.MaxValue / Unsafe.SizeOf<T>());
            _staging.Write(destination.Address, MemoryMarshal.AsBytes(source[..count]));
            source = source[count..];
            destination = destination with { Address = destination.Address + ((nint)count * Unsafe.SizeOf<T>()) };
        }
    }

    public void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged
    {
        KernelShapes.Copy<T>(source, destination.Length);
        _context.MakeCurrent();
        _staging.Read(MemoryMarshal.AsBytes(destination), source.Address);
    }

    public void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage)
    {
        _context.MakeCurrent();
        long bytes = cache.PageStride * cache.DType.SizeInBytes();
        _stream.CopyOnDevice(cache.Address + (nint)(destinationPage * bytes), cache.Address + (nint)(sourcePage * bytes), bytes);
    }
}
