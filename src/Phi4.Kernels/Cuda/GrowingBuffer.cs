// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda;

/// <summary>Device memory for what one operation needs between its kernels: as large as was ever asked for. What it held is lost when it grows.</summary>
internal sealed class GrowingBuffer(CudaContext context, string purpose) : IDisposable
{
    private DeviceBuffer? _memory;

    /// <summary>Grows whenever the address changes.</summary>
    public int Version { get; private set; }

    public long ByteCount => _memory?.ByteCount ?? 0;

    /// <summary>An address with this much room.</summary>
    public nint Reserve(long byteCount)
    {
        if (_memory is null || _memory.ByteCount < byteCount)
        {
            // The driver waits for work that uses memory before it frees it.
            _memory?.Dispose();
            _memory = null;
            Version++;
            _memory = DeviceBuffer.Allocate(context, byteCount, purpose);
        }

        return _memory.DangerousGetHandle();
    }

    public void Dispose() => _memory?.Dispose();
}
