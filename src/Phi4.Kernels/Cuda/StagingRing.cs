// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda;

/// <summary>
/// A few pinned buffers between host memory and the device. While some are on their way, the next one is filled, by several threads, so that the bus and the disk or memory
/// behind the source work at the same time.
/// </summary>
internal sealed class StagingRing : IDisposable
{
    // Large enough to be worth a thread, small enough that all threads have some.
    private const int SliceBytes = 1 << 20;

    private readonly CudaStream _stream;
    private readonly List<PinnedBuffer> _buffers = [];
    private readonly List<CudaEvent> _marks = [];
    private int _next;

    public StagingRing(CudaContext context, CudaStream stream, int bufferBytes, int bufferCount)
    {
        _stream = stream;
        try
        {
            for (int i = 0; i < bufferCount; i++)
            {
                _buffers.Add(PinnedBuffer.Allocate(context, bufferBytes));
                _marks.Add(CudaEvent.Create(context));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Queues a copy to the device. The source may change or go once this returns.</summary>
    public unsafe void Write(nint destination, ReadOnlySpan<byte> source)
    {
        fixed (byte* start = source)
        {
            for (long done = 0; done < source.Length;)
            {
                PinnedBuffer buffer = _buffers[_next];
                CudaEvent mark = _marks[_next];
                _next = (_next + 1) % _buffers.Count;
                mark.Wait();
                int count = (int)Math.Min(buffer.ByteCount, source.Length - done);
                Fill((byte*)buffer.Value, start + done, count);
                _stream.CopyToDevice(destination + (nint)done, buffer, count);
                _stream.Record(mark);
                done += count;
            }
        }
    }

    /// <summary>Copies from the device, after all work asked for so far.</summary>
    public void Read(Span<byte> destination, nint source)
    {
        _stream.Synchronize();
        PinnedBuffer buffer = _buffers[0];
        for (int done = 0; done < destination.Length;)
        {
            int count = Math.Min(buffer.ByteCount, destination.Length - done);
            _stream.CopyToHost(buffer, source + done, count);
            _stream.Synchronize();
            buffer.Bytes[..count].CopyTo(destination[done..]);
            done += count;
        }
    }

    public void Dispose()
    {
        foreach (CudaEvent mark in _marks)
        {
            mark.Dispose();
        }

        foreach (PinnedBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private static unsafe void Fill(byte* destination, byte* source, int count)
    {
        int slices = (count + SliceBytes - 1) / SliceBytes;
        if (slices == 1)
        {
            Buffer.MemoryCopy(source, destination, count, count);
            return;
        }

        Parallel.For(0, slices, slice =>
        {
            long start = (long)slice * SliceBytes;
            long bytes = Math.Min(SliceBytes, count - start);
            Buffer.MemoryCopy(source + start, destination + start, bytes, bytes);
        });
    }
}
