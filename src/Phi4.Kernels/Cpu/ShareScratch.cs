// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

/// <summary>Working memory of each share, kept from call to call; it only grows, so a steady stream of steps allocates nothing.</summary>
internal sealed unsafe class ShareScratch(int shareCount) : IDisposable
{
    private readonly HostBuffer?[] _buffers = new HostBuffer?[shareCount];

    /// <summary>Makes each of the first <paramref name="shares"/> at least <paramref name="byteCount"/> long. Caller's thread, before the job.</summary>
    public void Reserve(int shares, long byteCount)
    {
        for (int i = 0; i < shares; i++)
        {
            if (_buffers[i] is not { } held || held.ByteCount < byteCount)
            {
                _buffers[i]?.Dispose();
                _buffers[i] = null;
                _buffers[i] = HostBuffer.Allocate(byteCount, "kernel scratch");
            }
        }
    }

    /// <summary>Bytes of all of them.</summary>
    public long ByteCount => _buffers.Sum(buffer => buffer?.ByteCount ?? 0);

    public byte* this[int share] => (byte*)_buffers[share]!.DangerousGetHandle();

    public nint Address(int share) => (nint)this[share];

    public void Dispose()
    {
        foreach (HostBuffer? buffer in _buffers)
        {
            buffer?.Dispose();
        }
    }
}

/// <summary>Static shares.</summary>
internal static class Share
{
    /// <summary>Piece <paramref name="share"/> of [0, total), cut at multiples of <paramref name="unit"/>.</summary>
    public static (int Start, int End) Range(int total, int unit, int share, int shareCount)
    {
        long units = (total + unit - 1) / unit;
        return ((int)Math.Min(units * share / shareCount * unit, total), (int)Math.Min(units * (share + 1) / shareCount * unit, total));
    }
}
