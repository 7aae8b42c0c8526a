// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda;

/// <summary>
/// Integers that the host writes to the device, kept in pinned memory as well: what they are copied from, what operands are checked by, and what grids are cut by.
/// By device address; a twin is as large as the tensor was when it was written first.
/// </summary>
internal sealed unsafe class HostTwins(CudaContext context, CudaStream stream) : IDisposable
{
    private readonly Dictionary<nint, Twin> _twins = [];

    /// <summary>Grows with every write.</summary>
    public long Version { get; private set; }

    /// <summary>Writes the first elements of a tensor, on both sides.</summary>
    public void Write(TensorView destination, ReadOnlySpan<int> values)
    {
        if (values.IsEmpty)
        {
            return;
        }

        Version++;
        Twin twin = Of(destination);
        twin.Copied.Wait();
        values.CopyTo(MemoryMarshal.Cast<byte, int>(twin.Values.Bytes));
        stream.CopyToDevice(destination.Address, twin.Values, values.Length * sizeof(int));
        stream.Record(twin.Copied);
    }

    /// <summary>A tensor that was written, as the host has it.</summary>
    public TensorView OnHost(TensorView tensor)
    {
        if (tensor.Count == 0)
        {
            return tensor;
        }

        return _twins.TryGetValue(tensor.Address, out Twin? twin)
            ? tensor with { Address = twin.Values.Value }
            : throw new ArgumentException($"{tensor} was not written by the host, so its indices can't be checked.", nameof(tensor));
    }

    public void Dispose()
    {
        foreach (Twin twin in _twins.Values)
        {
            twin.Dispose();
        }
    }

    private Twin Of(TensorView destination)
    {
        int bytes = checked((int)destination.ByteCount);
        if (_twins.TryGetValue(destination.Address, out Twin? twin) && twin.Values.ByteCount >= bytes)
        {
            return twin;
        }

        twin?.Dispose();
        _twins.Remove(destination.Address);
        return _twins[destination.Address] = Twin.Create(context, bytes);
    }

    private sealed record Twin(PinnedBuffer Values, CudaEvent Copied) : IDisposable
    {
        public static Twin Create(CudaContext context, int bytes)
        {
            PinnedBuffer values = PinnedBuffer.Allocate(context, bytes);
            try
            {
                return new Twin(values, CudaEvent.Create(context));
            }
            catch
            {
                values.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            Copied.Dispose();
            Values.Dispose();
        }
    }
}
